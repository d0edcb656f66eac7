import { expect, test } from "vitest";
import type { FaultProblem, NodeKind } from "@/api/generated/perdure.schemas";
import { withoutDefaults } from "./config-defaults";
import { partOf, planForm, planPolicies, type Variants } from "./config-schema";
import { problemsAt } from "./fault-fields";

const KIND = {
  kind: "demo",
  graphs: ["body"],
  expressions: ["cases[*].when"],
  json_schemas: ["output_schema"],
  hints: {
    prompt: { widget: "prompt" },
    connection: { widget: "connection" },
    action: { widget: "connection_action" },
  },
  config_schema: {
    required: ["prompt", "body"],
    properties: {
      prompt: { type: "string", title: "Prompt", description: "What the `model` is asked." },
      body: { $ref: "#/$defs/Graph" },
      deadline: {
        anyOf: [{ anyOf: [{ type: "string" }, { type: "number" }] }, { type: "null" }],
        default: null,
      },
      credential: { anyOf: [{ type: "string", format: "credential" }, { type: "null" }] },
      connection: { type: "string" },
      action: { type: "string" },
      max_tokens: { type: "integer", minimum: 1, default: 4096 },
      method: { type: "string", enum: ["GET", "POST"], default: "GET" },
      headers: { type: "object", additionalProperties: { type: "string" } },
      payload: { default: null, title: "Payload" },
      output_schema: { anyOf: [{ type: "object" }, { type: "null" }] },
      cases: { type: "array", items: { $ref: "#/$defs/Case" } },
      needs: { anyOf: [{ type: "integer" }, { type: "string", enum: ["any", "all"] }] },
      assignees: { $ref: "#/$defs/Assignees" },
      show: {
        type: "array",
        items: {
          discriminator: { propertyName: "view" },
          oneOf: [{ $ref: "#/$defs/Table" }, { $ref: "#/$defs/Diff" }],
        },
      },
    },
    $defs: {
      Assignees: { type: "object", properties: { users: { type: "array", items: { type: "string" } } } },
      Table: {
        type: "object",
        properties: { view: { const: "table" }, value: {} },
        required: ["view", "value"],
      },
      Diff: { type: "object", properties: { view: { const: "diff" }, before: {}, after: {} } },
      Graph: { type: "object" },
      Case: { type: "object", properties: { when: { type: "string" } } },
    },
  },
} as unknown as NodeKind;

test("each setting gets the field that does it justice", () => {
  const { schema, uiSchema } = planForm(KIND);
  const properties = schema.properties as Record<string, Record<string, unknown>>;
  expect(Object.keys(properties)).not.toContain("body");
  expect(schema.required).toEqual(["prompt"]);
  expect(uiSchema.prompt).toEqual({ "ui:widget": "prompt" });
  expect(uiSchema.connection).toEqual({ "ui:field": "connection" });
  expect(uiSchema.action).toEqual({ "ui:field": "connectionAction" });
  expect(properties.prompt?.description).toBe("What the model is asked.");
  expect(properties.deadline).toMatchObject({ type: "string", title: "Deadline" });
  expect(uiSchema.credential).toEqual({ "ui:widget": "credential" });
  expect(properties.max_tokens).toEqual({ type: "integer", minimum: 1, title: "Max tokens" });
  expect(properties.method?.enum).toEqual(["GET", "POST"]);
  expect(uiSchema.payload).toEqual({ "ui:field": "value" });
  expect(uiSchema.headers).toEqual({ "ui:field": "pairs" });
  expect(uiSchema.output_schema).toEqual({ "ui:field": "jsonSchema" });
  expect(uiSchema.needs).toEqual({ "ui:field": "count", "ui:options": { words: ["any", "all"] } });
  expect(uiSchema.cases.items.when).toEqual({ "ui:widget": "expression" });
});

test("groups and kinds of objects are forms of their own", () => {
  const { uiSchema } = planForm(KIND);
  expect(uiSchema.assignees["ui:field"]).toBe("group");
  expect(uiSchema.assignees["ui:options"].plan.uiSchema.users.items).toEqual({ "ui:widget": "line" });
  const { by, choices } = uiSchema.show.items["ui:options"].variants as Variants;
  expect([by, choices.map(({ name }) => name)]).toEqual(["view", ["table", "diff"]]);
  expect(Object.keys(choices[0]?.plan.schema.properties as object)).toEqual(["value"]);
});

test("a form can be cut in parts", () => {
  const part = partOf(planForm(KIND), ["method", "prompt"]);
  expect(Object.keys(part.schema.properties as object)).toEqual(["method", "prompt"]);
  expect(part.schema.required).toEqual(["prompt"]);
});

test("policies are what is not said elsewhere", () => {
  const plan = planPolicies({
    required: ["id"],
    properties: { id: {}, kind: {}, with: {}, on_error: { $ref: "#/$defs/OnError" } },
    $defs: { OnError: { type: "string", enum: ["fail"] } },
  });
  expect(plan.schema).toMatchObject({ properties: { on_error: { enum: ["fail"], title: "On error" } } });
  expect(plan.schema).not.toHaveProperty("required");
});

test("what is so by default is not written down", () => {
  const defaults = { method: "GET", expect: [] };
  expect(
    withoutDefaults({ method: "GET", expect: [], url: "x", body: undefined }, { url: "" }, defaults),
  ).toEqual({ url: "x" });
  expect(withoutDefaults({ method: "GET" }, { method: "POST" }, defaults)).toEqual({ method: "GET" });
});

test("faults stand at their fields", () => {
  const fault = (field: string): FaultProblem => ({
    code: "x",
    node: "a",
    field,
    message: "No.",
    line: 1,
    column: 1,
  });
  expect(problemsAt([fault("with.cases[1].when"), fault("timeout")], "with.")).toEqual({
    cases: { 1: { when: { __errors: ["No."] } } },
  });
  expect(problemsAt([fault("with.cases[1].when"), fault("timeout")], "")).toEqual({
    timeout: { __errors: ["No."] },
  });
});

test("a kind says which fields of an entry come first", () => {
  const member = { type: "object", properties: { model: {}, name: {}, goal: {} } };
  const { uiSchema } = planForm({
    ...KIND,
    graphs: [],
    hints: { "agents[*]": { order: ["name", "goal"] } },
    config_schema: { properties: { agents: { type: "array", items: member } } },
  } as unknown as NodeKind);
  expect(uiSchema.agents.items["ui:order"]).toEqual(["name", "goal", "model", "*"]);
});
