import { isRecord } from "@/lib/graph/document";

/** A field of a form that people describe without knowing JSON Schema. */
export interface SimpleField {
  name: string;
  title: string;
  type: FieldType;
  required: boolean;
  /** For a choice: what there is to choose from. */
  options: string[];
  /** Whatever else the schema says about it, such as bounds; it stays as long as the type does. */
  more: Record<string, unknown>;
}

export type FieldType = "text" | "number" | "whole" | "yes" | "choice" | "list" | "group" | "date";

const KNOWN = new Set(["type", "properties", "required", "additionalProperties", "title"]);

const SHAPES: Record<Exclude<FieldType, "choice">, Record<string, unknown>> = {
  text: { type: "string" },
  number: { type: "number" },
  whole: { type: "integer" },
  yes: { type: "boolean" },
  list: { type: "array" },
  group: { type: "object" },
  date: { type: "string", format: "date" },
};

/** The fields of a schema, if it says nothing that a list of fields could not say. */
export function fieldsIn(schema: unknown): SimpleField[] | null {
  if (schema === undefined || schema === null) return [];
  if (!isRecord(schema) || Object.keys(schema).some((key) => !KNOWN.has(key))) return null;
  if (schema.type !== undefined && schema.type !== "object") return null;
  const properties = isRecord(schema.properties) ? Object.entries(schema.properties) : [];
  const required = Array.isArray(schema.required) ? schema.required : [];
  const fields = properties.map(([name, field]) => fieldIn(name, field, required.includes(name)));
  return fields.some((field) => field === null) ? null : (fields as SimpleField[]);
}

/** The schema with these fields; what else it said stays. */
export function schemaOf(
  fields: readonly SimpleField[],
  before: unknown,
): Record<string, unknown> | undefined {
  if (fields.length === 0) return undefined;
  const { required: _, properties: __, ...rest } = isRecord(before) ? before : {};
  const required = fields.filter((field) => field.required).map(({ name }) => name);
  return {
    ...rest,
    type: "object",
    ...(required.length > 0 ? { required } : {}),
    properties: Object.fromEntries(fields.map((field) => [field.name, shapeOf(field)])),
  };
}

function fieldIn(name: string, field: unknown, required: boolean): SimpleField | null {
  if (!isRecord(field)) return null;
  const { title, type: _, enum: options, ...rest } = field;
  const type = typeIn(field);
  if (type === null) return null;
  const { format: __, ...withoutFormat } = rest;
  return {
    name,
    title: typeof title === "string" ? title : "",
    type,
    required,
    options: type === "choice" && isChoice(options) ? options : [],
    more: type === "date" ? withoutFormat : rest,
  };
}

function typeIn({ type, format, enum: options }: Record<string, unknown>): FieldType | null {
  if (options !== undefined) return isChoice(options) && (type ?? "string") === "string" ? "choice" : null;
  return format === "date" && type === "string" ? "date" : (TYPES[String(type)] ?? null);
}

const TYPES: Record<string, FieldType> = {
  string: "text",
  number: "number",
  integer: "whole",
  boolean: "yes",
  array: "list",
  object: "group",
};

function isChoice(options: unknown): options is string[] {
  return Array.isArray(options) && options.every((option) => typeof option === "string");
}

function shapeOf({ title, type, options, more }: SimpleField): Record<string, unknown> {
  const shape = type === "choice" ? { type: "string", enum: options } : SHAPES[type];
  return { ...shape, ...(title ? { title } : {}), ...more };
}
