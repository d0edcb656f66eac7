import { expect, test } from "vitest";
import type { Approval } from "@/api/generated/perdure.schemas";
import { kindOf, startOf } from "./answer-kinds";

test.each([
  ["approval", null, "approved", "plain"],
  ["approval", {}, "approved", "form"],
  ["approval", {}, "rejected", "plain"],
  ["intervention", {}, "retry", "plain"],
  ["intervention", {}, "edit", "form"],
  ["intervention", {}, "skip", "value"],
  ["verification", null, "done", "value"],
  ["verification", null, "fail", "plain"],
] as const)("of an %s with the form %j, %s is %s", (purpose, form, decision, kind) => {
  expect(kindOf({ purpose, form }, decision)).toBe(kind);
});

test("a failed step is edited from what it worked with", () => {
  const failed = { purpose: "intervention", payload: { settings: { url: "x" } } } as unknown as Approval;
  expect(startOf(failed)).toEqual({ url: "x" });
  expect(startOf({ purpose: "approval", defaults: { a: 1 } } as unknown as Approval)).toEqual({ a: 1 });
});
