import type { CredentialType } from "@/api/generated/perdure.schemas";

type Schema = Record<string, unknown>;

/** One form for all fields of a type: those that are not secret come first. */
export function formSchema({ public_schema, secret_schema }: CredentialType): Schema {
  return {
    type: "object",
    properties: { ...propertiesOf(public_schema), ...propertiesOf(secret_schema) },
    required: [...requiredOf(public_schema), ...requiredOf(secret_schema)],
    additionalProperties: secret_schema.additionalProperties ?? false,
  };
}

/** What was filled in, parted again; a field that the type does not name is secret. */
export function partFields(
  { public_schema }: CredentialType,
  data: unknown,
): { public: Record<string, unknown>; secret: Record<string, unknown> } {
  const open = new Set(Object.keys(propertiesOf(public_schema)));
  const filled = Object.entries((data ?? {}) as Record<string, unknown>).filter(([, value]) => value != null);
  return {
    public: Object.fromEntries(filled.filter(([name]) => open.has(name))),
    secret: Object.fromEntries(filled.filter(([name]) => !open.has(name))),
  };
}

function propertiesOf(schema: Schema): Schema {
  return (schema.properties as Schema | undefined) ?? {};
}

function requiredOf(schema: Schema): string[] {
  return (schema.required as string[] | undefined) ?? [];
}

/** Of a credential whose value is kept elsewhere. */
export const NO_FIELDS: Schema = { type: "object", properties: {}, additionalProperties: false };
