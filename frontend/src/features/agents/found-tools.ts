import type { McpToolFound, OpenapiOperation } from "@/api/generated/perdure.schemas";
import { isRecord } from "@/lib/graph/document";

export type Settings = Record<string, unknown>;

/** Names of the operations, or tools, that settings hold. */
export function namesIn(listed: unknown): string[] {
  return Array.isArray(listed)
    ? listed.flatMap((one) => (isRecord(one) && typeof one.name === "string" ? [one.name] : []))
    : [];
}

/** Settings of `openapi` with an operation more or less; what was changed by hand in the others stays. */
export function withOperation(settings: Settings, operation: OpenapiOperation, chosen: boolean): Settings {
  const known = Array.isArray(settings.operations) ? settings.operations : [];
  const others = known.filter((one) => !isRecord(one) || one.name !== operation.name);
  return { ...settings, operations: chosen ? [...others, operation.operation] : others };
}

export type Change = "new" | "changed" | "same";

/** How a tool of a server differs from what an agent was given. */
export function changeOf(found: McpToolFound, pinned: unknown): Change {
  const before = Array.isArray(pinned)
    ? pinned.find((one): one is Settings => isRecord(one) && one.name === found.name)
    : undefined;
  if (before === undefined) return "new";
  return said(before) === said(found.tool as Settings) ? "same" : "changed";
}

const DEFAULTS: Settings = { description: "", input_schema: { type: "object" }, hints: {} };

/** What a server says of a tool, in one form; what its author says of the effect does not count. */
function said(tool: Settings): string {
  return JSON.stringify(
    ["name", "description", "input_schema", "hints"].map((key) => tool[key] ?? DEFAULTS[key]),
    sorted,
  );
}

function sorted(_: string, value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
