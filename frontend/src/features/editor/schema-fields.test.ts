import { expect, test } from "vitest";
import { fieldsIn, schemaOf } from "./schema-fields";

const SCHEMA = {
  type: "object",
  required: ["amount"],
  properties: {
    amount: { type: "number", title: "Amount" },
    kind: { type: "string", enum: ["a", "b"] },
    on: { type: "string", format: "date" },
    tags: { type: "array", items: { type: "string" }, maxItems: 3 },
  },
};

test("a plain schema is a list of fields, and back", () => {
  const fields = fieldsIn(SCHEMA);
  expect(fields?.map(({ name, type, required }) => [name, type, required])).toEqual([
    ["amount", "number", true],
    ["kind", "choice", false],
    ["on", "date", false],
    ["tags", "list", false],
  ]);
  expect(schemaOf(fields ?? [], SCHEMA)).toEqual(SCHEMA);
});

test("a schema that says more is left alone", () => {
  expect(fieldsIn({ type: "object", properties: { n: { anyOf: [{ type: "number" }] } } })).toBeNull();
  expect(fieldsIn({ oneOf: [] })).toBeNull();
  expect(fieldsIn({ type: "array" })).toBeNull();
});

test("nothing is a schema without fields", () => {
  expect(fieldsIn(undefined)).toEqual([]);
  expect(schemaOf([], SCHEMA)).toBeUndefined();
});
