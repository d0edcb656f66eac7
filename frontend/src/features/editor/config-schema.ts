import type { UiSchema } from "@rjsf/utils";
import type { NodeKind } from "@/api/generated/perdure.schemas";
import { isRecord } from "@/lib/graph/document";

export interface FormPlan {
  schema: Record<string, unknown>;
  uiSchema: UiSchema;
}

type Schema = Record<string, unknown>;

const LONG = 2_000;

/** A form for the settings of a kind: its JSON Schema, made plain, and which field is edited how. */
export function planForm(kind: NodeKind): FormPlan {
  const { config_schema: root } = kind;
  const fields = Object.entries(isRecord(root.properties) ? root.properties : {});
  const shown = fields.filter(([name]) => !kind.graphs.includes(name));
  return objectOf(shown, root, root, "", kind);
}

/** A form for what nodes of every kind have: policies, besides what is edited elsewhere. */
export function planPolicies(nodeSchema: Schema): FormPlan {
  const fields = Object.entries(isRecord(nodeSchema.properties) ? nodeSchema.properties : {});
  const shown = fields.filter(([name]) => !["id", "kind", "name", "description", "with"].includes(name));
  return objectOf(shown, { ...nodeSchema, required: [] }, nodeSchema, "", undefined);
}

function objectOf(
  fields: [string, unknown][],
  schema: Schema,
  root: Schema,
  path: string,
  kind: NodeKind | undefined,
): FormPlan {
  const planned = inOrder(fields, kind?.hints[path]?.order).map(
    ([name, field]) => [name, fieldOf(field, root, path === "" ? name : `${path}.${name}`, kind)] as const,
  );
  const known = new Set(planned.map(([name]) => name));
  const required = Array.isArray(schema.required) ? schema.required.filter((name) => known.has(name)) : [];
  return {
    schema: {
      type: "object",
      properties: Object.fromEntries(planned.map(([name, plan]) => [name, plan.schema])),
      ...(required.length > 0 ? { required } : {}),
    },
    uiSchema: {
      ...Object.fromEntries(planned.map(([name, plan]) => [name, plan.uiSchema])),
      // The schema lists what matters first.
      "ui:order": [...planned.map(([name]) => name), "*"],
    },
  };
}

/** The fields with those first that the kind wants to be first. */
function inOrder(fields: [string, unknown][], order: unknown): [string, unknown][] {
  const first = Array.isArray(order) ? order : [];
  const place = ([name]: [string, unknown]) => (first.includes(name) ? first.indexOf(name) : first.length);
  return fields.toSorted((one, other) => place(one) - place(other));
}

/** By hint: what is chosen from what the workspace has, or has an editor of its own. */
const CHOSEN: Record<string, Record<string, string>> = {
  credential: { "ui:widget": "credential" },
  connection: { "ui:field": "connection" },
  connection_action: { "ui:field": "connectionAction" },
  python: { "ui:widget": "python" },
};

function fieldOf(raw: unknown, root: Schema, path: string, kind: NodeKind | undefined): FormPlan {
  const schema = resolved(raw, root);
  const words = {
    title: titleOf(path, schema),
    ...(typeof schema.description === "string"
      ? { description: schema.description.replaceAll("`", "") }
      : {}),
  };
  const hint = kind?.hints[path]?.widget;
  if (kind?.expressions.includes(path))
    return { schema: { type: "string", ...words }, uiSchema: { "ui:widget": "expression" } };
  const chosen = CHOSEN[String(hint ?? schema.format)];
  if (chosen) return { schema: { type: "string", ...words }, uiSchema: chosen };
  if (kind?.json_schemas.includes(path)) return { schema: words, uiSchema: { "ui:field": "jsonSchema" } };
  const variants = variantsOf(schema, root, path, kind);
  if (variants) return { schema: words, uiSchema: { "ui:field": "variant", "ui:options": { variants } } };
  if (isCount(schema))
    return { schema: words, uiSchema: { "ui:field": "count", "ui:options": wordsIn(schema) } };
  if (isPairs(schema)) return { schema: words, uiSchema: { "ui:field": "pairs" } };
  if (isFree(schema)) return { schema: words, uiSchema: { "ui:field": "value" } };
  if (schema.type === "object") return nested(schema, root, path, kind, words);
  if (schema.type === "array") return list(schema, root, path, kind, words);
  return scalar(schema, hint, words);
}

function scalar(schema: Schema, hint: unknown, words: Schema): FormPlan {
  const { default: _, title: __, description: ___, ...kept } = schema;
  if (schema.type === "boolean") return { schema: { ...kept, ...words }, uiSchema: { "ui:widget": "yes" } };
  if (Array.isArray(schema.enum))
    return { schema: { ...kept, ...words }, uiSchema: { "ui:widget": "choice" } };
  if (schema.type !== "string") return { schema: { ...kept, ...words }, uiSchema: { "ui:widget": "amount" } };
  const long = hint !== undefined || (typeof schema.maxLength === "number" && schema.maxLength > LONG);
  // Templates may be longer or shorter than what they become; the server checks what counts.
  const widget = hint === "prompt" || hint === "markdown" ? "prompt" : long ? "template" : "line";
  return { schema: { type: "string", ...words }, uiSchema: { "ui:widget": widget } };
}

function nested(
  schema: Schema,
  root: Schema,
  path: string,
  kind: NodeKind | undefined,
  words: Schema,
): FormPlan {
  const plan = objectOf(Object.entries(schema.properties as Schema), schema, root, path, kind);
  // An entry of a list is begun by the form itself, which must know that it is an object.
  if (path.endsWith("]")) return { schema: { ...plan.schema, ...words }, uiSchema: plan.uiSchema };
  return {
    schema: words,
    uiSchema: {
      "ui:field": "group",
      "ui:options": { plan: { ...plan, schema: { ...plan.schema, ...words } } },
    },
  };
}

/** One of several kinds of objects, which a field of theirs tells apart. */
export interface Variants {
  /** The field that says which it is. */
  by: string;
  choices: { name: string; plan: FormPlan }[];
}

function variantsOf(schema: Schema, root: Schema, path: string, kind: NodeKind | undefined): Variants | null {
  const by = isRecord(schema.discriminator) ? schema.discriminator.propertyName : undefined;
  if (typeof by !== "string" || !Array.isArray(schema.oneOf)) return null;
  const choices = schema.oneOf.flatMap((raw) => {
    const variant = resolved(raw, root);
    const properties = isRecord(variant.properties) ? variant.properties : {};
    const name = isRecord(properties[by]) ? properties[by].const : undefined;
    if (typeof name !== "string") return [];
    const fields = Object.entries(properties).filter(([field]) => field !== by);
    return [{ name, plan: objectOf(fields, variant, root, path, kind) }];
  });
  return { by, choices };
}

/** A number, or one of a few words. */
function isCount({ anyOf }: Schema): boolean {
  const types = Array.isArray(anyOf) ? anyOf.map((choice) => isRecord(choice) && choice.type) : [];
  return types.length === 2 && types.includes("integer") && wordsIn({ anyOf }).words.length > 0;
}

function wordsIn({ anyOf }: Schema): { words: string[] } {
  const choices = Array.isArray(anyOf) ? anyOf.filter(isRecord) : [];
  const listed = choices.flatMap((choice) => (Array.isArray(choice.enum) ? choice.enum : [choice.const]));
  return { words: listed.filter((word) => typeof word === "string") };
}

/** Names that nobody knows beforehand, each with a value. */
function isPairs(schema: Schema): boolean {
  const named = isRecord(schema.properties) && Object.keys(schema.properties).length > 0;
  return schema.type === "object" && !named && schema.additionalProperties !== undefined;
}

/** A part of a form: some of its fields. */
export function partOf({ schema, uiSchema }: FormPlan, names: readonly string[]): FormPlan {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const kept = (from: Record<string, unknown>) =>
    Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
  return {
    schema: {
      ...schema,
      properties: kept(properties),
      required: required.filter((name) => names.includes(name)),
    },
    uiSchema: { ...kept(uiSchema), "ui:order": [...names, "*"] },
  };
}

function list(
  schema: Schema,
  root: Schema,
  path: string,
  kind: NodeKind | undefined,
  words: Schema,
): FormPlan {
  const item = fieldOf(schema.items, root, `${path}[*]`, kind);
  const bounds = typeof schema.maxItems === "number" ? { maxItems: schema.maxItems } : {};
  // A schema that says nothing at all would not be shown.
  const itemSchema = { ...item.schema, title: "" };
  return {
    schema: { type: "array", items: itemSchema, ...bounds, ...words },
    uiSchema: { items: item.uiSchema },
  };
}

/** Whether a value may be of several kinds, so that only text in YAML does it justice. */
function isFree(schema: Schema): boolean {
  if (schema.type === "object")
    return !isRecord(schema.properties) || Object.keys(schema.properties).length === 0;
  if (schema.type === "array") return !isRecord(schema.items);
  return typeof schema.type !== "string";
}

/** A schema without references and without the choice of being null: what is left out is null. */
function resolved(raw: unknown, root: Schema): Schema {
  if (!isRecord(raw)) return {};
  if (typeof raw.$ref === "string") {
    const defs = isRecord(root.$defs) ? root.$defs : {};
    const { $ref, ...beside } = raw;
    return { ...resolved(defs[String($ref).split("/").at(-1) ?? ""], root), ...beside };
  }
  if (!Array.isArray(raw.anyOf)) return raw;
  const { anyOf, ...beside } = raw;
  const choices = (anyOf as unknown[]).filter((choice) => !(isRecord(choice) && choice.type === "null"));
  if (choices.length === 1) return { ...resolved(choices[0], root), ...beside };
  return isDuration(choices) ? { type: "string", ...beside } : { ...beside, anyOf: choices };
}

/** Text or a number: `30s`, or 30. */
function isDuration(choices: unknown[]): boolean {
  const types = choices.map((choice) => isRecord(choice) && choice.type);
  return types.length === 2 && types.includes("string") && types.includes("number");
}

/** `max_tokens` is told as `Max tokens`. */
function titleOf(path: string, schema: Schema): string {
  const name = path.split(".").at(-1)?.replace("[*]", "") ?? path;
  if (typeof schema.title === "string" && !isMadeUp(schema.title, name)) return schema.title;
  const words = name.replaceAll("_", " ");
  const told = words.charAt(0).toUpperCase() + words.slice(1);
  return told.replace(/\b(url|json|usd|id|mb)\b/gi, (word) => word.toUpperCase());
}

/** Whether a title is only the name with capitals, as schema generators write it. */
function isMadeUp(title: string, name: string): boolean {
  return title.toLowerCase().replaceAll(" ", "_") === name.toLowerCase() || !title.includes(" ");
}
