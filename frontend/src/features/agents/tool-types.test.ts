import { expect, test } from "vitest";
import type { ToolType as Described } from "@/api/generated/perdure.schemas";
import { effectWords, fittingTypes, plainSchema, policyWords, toolTitle, toolTypeOf } from "./tool-types";

const SEARCH = {
  type: "web_search",
  title: "Web search",
  description: "Searches the web.",
  icon: "search",
  effect: "read",
  hints: { credential: { widget: "credential", types: ["bearer"] } },
  definitions: [],
  settings_schema: {
    type: "object",
    required: ["provider"],
    properties: {
      provider: { enum: ["brave", "tavily"], type: "string" },
      url: {
        anyOf: [{ type: "string" }, { type: "null" }],
        default: null,
        title: "Url",
        description: "Where.",
      },
      wait: { anyOf: [{ type: "number" }, { type: "string" }], default: 5 },
      deep: { $ref: "#/$defs/Deep" },
    },
    $defs: { Deep: { type: "object", properties: { max_mb: { type: "integer", default: 3 } } } },
  },
} as unknown as Described;

test("a type of tools has plain fields for its form", () => {
  const search = toolTypeOf(SEARCH);
  expect(search).toMatchObject({
    type: "web_search",
    title: "Web search",
    required: ["provider"],
    effect: "read",
  });
  expect(search.schema.properties).toEqual({
    provider: { enum: ["brave", "tavily"], type: "string", title: "Provider" },
    url: { type: "string", title: "URL", description: "Where." },
    wait: { type: "string", title: "Wait" },
    deep: { type: "object", properties: { max_mb: { type: "integer", title: "Max MB" } }, title: "Deep" },
  });
});

test("types are found by words of whatever is said of them", () => {
  const types = [
    toolTypeOf(SEARCH),
    { ...toolTypeOf(SEARCH), type: "sql", title: "SQL", description: "Rows.", tools: ["sql_query"] },
  ];
  const found = (text: string) => fittingTypes(types, text).map(({ type }) => type);
  expect(found("")).toEqual(["web_search", "sql"]);
  expect(found("searches WEB")).toEqual(["web_search"]);
  expect(found("query")).toEqual(["sql"]);
  expect(found("web rows")).toEqual([]);
});

test("names, policies and effects are told in words", () => {
  expect(toolTitle("http")).toBe("HTTP request");
  expect(plainSchema({ anyOf: [{ type: "null" }, { type: "integer" }] }, {})).toEqual({ type: "integer" });
  expect(policyWords({ type: "http", policy: { approve: "when", when: "amount > 5" } })).toBe(
    "asks if amount > 5",
  );
  expect(plainSchema({ type: "array", minItems: 1, items: {} }, {})).toEqual({ type: "array", items: {} });
  expect(policyWords({ type: "http" })).toBeNull();
  expect(effectWords("irreversible")).toBe("cannot be taken back");
  expect(effectWords("by_settings")).toBeNull();
});
