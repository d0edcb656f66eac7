import { expect, test } from "vitest";
import type { Approval } from "@/api/generated/perdure.schemas";
import { commonDecisions } from "./bulk-bar";

const YES = { name: "approved", label: "Approve", needs_reason: false };
const NO = { name: "rejected", label: "Reject", needs_reason: false };

function request(fields: Partial<Approval>): Approval {
  return { form: null, decisions: [YES, NO], ...fields } as Approval;
}

test("only what all offer can be answered together", () => {
  const other = request({ decisions: [YES, { name: "half", label: "Half", needs_reason: false }] });
  expect(commonDecisions([request({}), other])).toEqual([YES]);
  expect(commonDecisions([])).toEqual([]);
});

test("a reason that one needs is needed for all", () => {
  const strict = request({ decisions: [YES, { ...NO, needs_reason: true }] });
  expect(commonDecisions([request({}), strict])).toEqual([YES, { ...NO, needs_reason: true }]);
});

test("with a form among them they can only be rejected", () => {
  expect(commonDecisions([request({}), request({ form: {} })])).toEqual([NO]);
});
