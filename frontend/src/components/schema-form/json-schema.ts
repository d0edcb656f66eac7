import { type OutputUnit, type Schema, Validator } from "@cfworker/json-schema";

export interface SchemaProblem {
  /** Names and numbers that lead to the value. */
  path: string[];
  keyword: string;
  message: string;
}

/** Keywords that only say that something inside of them does not hold. */
const WRAPPERS = new Set([
  "properties",
  "items",
  "additionalItems",
  "prefixItems",
  "$ref",
  "allOf",
  "if",
  "then",
  "else",
  "dependentSchemas",
]);

/** All that is wrong with a value. Interpreted, because the page allows no code that is made at run time. */
export function problemsOf(schema: unknown, value: unknown): SchemaProblem[] {
  const validator = new Validator(schema as Schema, "2020-12", false);
  const { valid, errors } = validator.validate(value);
  if (valid) return [];
  const leaves = errors.filter(({ keyword }) => !WRAPPERS.has(keyword));
  return (leaves.length > 0 ? leaves : errors).map(problemOf);
}

function problemOf(unit: OutputUnit): SchemaProblem {
  const path = pathOf(unit.instanceLocation);
  const missing = unit.keyword === "required" ? /property "(.*)"\.$/.exec(unit.error)?.[1] : undefined;
  return {
    path: missing === undefined ? path : [...path, missing],
    keyword: unit.keyword,
    message: sentenceOf(unit),
  };
}

function sentenceOf({ keyword, error }: OutputUnit): string {
  const quoted = [...error.matchAll(/"([^"]*)"/g)].map((match) => match[1]);
  const bound = /(-?[\d.e+]+)\.$/.exec(error)?.[1] ?? "";
  switch (keyword) {
    case "minimum":
      return `This must be ${bound} or more.`;
    case "exclusiveMinimum":
      return `This must be more than ${bound}.`;
    case "maximum":
      return `This must be ${bound} or less.`;
    case "exclusiveMaximum":
      return `This must be less than ${bound}.`;
    case "required":
      return "This is needed.";
    case "type":
      return `This must be ${TYPES[quoted[1] ?? ""] ?? `of type ${quoted[1]}`}.`;
    case "minLength":
      return "This is too short.";
    case "maxLength":
      return "This is too long.";
    case "enum":
      return "Choose one of the options.";
    case "pattern":
      return "This does not have the right form.";
    case "format":
      return `This is not a valid ${quoted[1] ?? "value"}.`;
    case "additionalProperties":
    case "unevaluatedProperties":
      return "There is a field too many.";
    default:
      return error;
  }
}

const TYPES: Record<string, string> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "yes or no",
  array: "a list",
  object: "a group of fields",
};

/** `#/a~1b/0` leads through `a/b` to the first entry. */
function pathOf(pointer: string): string[] {
  const parts = pointer.split("/").slice(1);
  return parts.map((part) => decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~"));
}
