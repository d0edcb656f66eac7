import { describe, expect, test } from "vitest";
import { problemsOf } from "./json-schema";
import { validator } from "./validator";

const SCHEMA = {
  type: "object",
  required: ["amount"],
  additionalProperties: false,
  properties: {
    amount: { type: "number", exclusiveMinimum: 0 },
    note: { type: "string", maxLength: 5 },
    lines: { type: "array", items: { $ref: "#/$defs/line" } },
  },
  $defs: { line: { type: "object", properties: { "a/b": { type: "integer" } } } },
};

test("what fits has no problems", () => {
  expect(problemsOf(SCHEMA, { amount: 3, note: "short" })).toEqual([]);
});

test("each problem stands at its field, once", () => {
  expect(problemsOf(SCHEMA, { note: "far too long" })).toEqual([
    { path: ["amount"], keyword: "required", message: "This is needed." },
    { path: ["note"], keyword: "maxLength", message: "This is too long." },
  ]);
});

test("a bound is named", () => {
  expect(problemsOf(SCHEMA, { amount: -3 })[0]?.message).toBe("This must be more than 0.");
  expect(problemsOf({ maximum: 2.5 }, 3)[0]?.message).toBe("This must be 2.5 or less.");
});

test("problems deep inside are found through references", () => {
  const [problem, ...more] = problemsOf(SCHEMA, { amount: 1, lines: [{ "a/b": 1 }, { "a/b": "x" }] });
  expect(problem).toEqual({
    path: ["lines", "1", "a/b"],
    keyword: "type",
    message: "This must be a whole number.",
  });
  expect(more).toEqual([]);
});

describe("the validator of forms", () => {
  test("gives errors by field", () => {
    const { errors, errorSchema } = validator.validateFormData({ amount: -1 }, SCHEMA as never);
    expect(errors).toHaveLength(1);
    expect(errorSchema).toHaveProperty("amount.__errors");
  });

  test("finds references in the whole schema", () => {
    const line = { $ref: "#/$defs/line" };
    expect(validator.isValid(line as never, { "a/b": 2 }, SCHEMA as never)).toBe(true);
    expect(validator.isValid(line as never, { "a/b": "2" }, SCHEMA as never)).toBe(false);
  });

  test("says so when a schema is broken", () => {
    const broken = { $ref: "#/$defs/nowhere" };
    expect(validator.isValid(broken as never, {}, broken as never)).toBe(false);
    expect(validator.validateFormData({}, broken as never).errors[0]?.message).toMatch(/cannot be checked/);
  });
});
