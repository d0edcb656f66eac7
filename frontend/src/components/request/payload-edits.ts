export interface Edit {
  path: string;
  before: unknown;
  after: unknown;
}

type Fields = Record<string, unknown>;

/** The value at a dotted path. */
export function valueAt(payload: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((value, name) => (isFields(value) ? value[name] : undefined), payload);
}

/** A copy of the payload with another value at a dotted path. */
export function withValue(payload: unknown, path: string, value: unknown): unknown {
  const [name = "", ...rest] = path.split(".");
  const fields = isFields(payload) ? payload : {};
  return { ...fields, [name]: rest.length === 0 ? value : withValue(fields[name], rest.join("."), value) };
}

/** The fields that a person may change, each by its own path; `*` stands for all of the outermost ones. */
export function editablePaths(editable: readonly string[], payload: unknown): string[] {
  return editable.flatMap((path) => {
    const value = path === "*" ? payload : valueAt(payload, path);
    if (!isFields(value)) return path === "*" ? [] : [path];
    const prefix = path === "*" ? "" : `${path}.`;
    return Object.keys(value).map((name) => prefix + name);
  });
}

/** What differs between two payloads, field by field. */
export function editsBetween(before: unknown, after: unknown, path = ""): Edit[] {
  if (isFields(before) && isFields(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names.flatMap((name) =>
      editsBetween(before[name], after[name], path === "" ? name : `${path}.${name}`),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

/** What somebody typed, as a value of the kind that was there before. */
export function parsedLike(known: unknown, typed: string): unknown {
  if (typeof known === "string" || known === undefined || known === null) return typed;
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}

/** A value as it stands in a field. */
export function typedOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value, null, typeof value === "object" ? 2 : 0);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
