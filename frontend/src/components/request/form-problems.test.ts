import { expect, test } from "vitest";
import type { Problem } from "@/api/generated/perdure.schemas";
import { ApiError } from "@/api/problem";
import { formProblems } from "./form-problems";

const refused = (errors: { field: string; message: string }[], code = "invalid_form") =>
  new ApiError(422, code, "No.", null, { errors } as unknown as Problem);

test("what is wrong stands at its field, however deep", () => {
  const errors = [
    { field: "/", message: "Too much." },
    { field: "/lines/0/sku", message: "Unknown." },
    { field: "/lines/0/sku", message: "Too long." },
    { field: "/__proto__/x", message: "Odd." },
  ];
  expect(formProblems(refused(errors))).toMatchObject({
    __errors: ["Too much."],
    lines: { 0: { sku: { __errors: ["Unknown.", "Too long."] } } },
  });
  expect({}).not.toHaveProperty("x");
});

test("other errors are not those of a form", () => {
  expect(formProblems(null)).toBeUndefined();
  expect(formProblems(new Error("no"))).toBeUndefined();
  expect(formProblems(refused([], "conflict"))).toBeUndefined();
});
