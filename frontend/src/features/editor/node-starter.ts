import type { NodeKind } from "@/api/generated/perdure.schemas";
import { type DocumentNode, isRecord } from "@/lib/graph/document";

/** A node of a kind as it begins: whatever must be there, empty. */
export function starterOf(kind: NodeKind, id: string): DocumentNode {
  const config = emptyOf(kind.config_schema, kind.config_schema);
  for (const field of kind.graphs) config[field] = { nodes: [], edges: [] };
  return { id, kind: kind.kind, name: kind.title, with: config };
}

type Schema = Record<string, unknown>;

function emptyOf(schema: Schema, root: Schema): Record<string, unknown> {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? (schema.required as string[]) : [];
  const entries = required.map((name) => [name, emptyValue(resolve(properties[name], root), root)]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function emptyValue(schema: Schema, root: Schema): unknown {
  switch (schema.type) {
    case "string":
      return Array.isArray(schema.enum) ? schema.enum[0] : "";
    case "array":
      return schema.minItems ? [emptyValue(resolve(schema.items, root), root)] : [];
    case "object":
      return emptyOf(schema, root);
    default:
      return undefined;
  }
}

function resolve(schema: unknown, root: Schema): Schema {
  if (!isRecord(schema)) return {};
  const name = typeof schema.$ref === "string" ? schema.$ref.split("/").at(-1) : undefined;
  const defs = isRecord(root.$defs) ? root.$defs : {};
  const found = name === undefined ? undefined : defs[name];
  return isRecord(found) ? found : schema;
}
