import { isRecord } from "@/lib/graph/document";

/** A prompt of the workspace in the place of a text. */
export interface PromptUse {
  name: string;
  /** A label, or the number of a version. */
  at: string;
  variables: Record<string, unknown>;
}

const MARKER = "$prompt";

/** The prompt that a value names; null for any other value. */
export function promptUse(value: unknown): PromptUse | null {
  if (!isRecord(value) || !(MARKER in value)) return null;
  const [name = "", at = "production"] = String(value[MARKER] ?? "").split("@");
  return { name, at, variables: isRecord(value.variables) ? value.variables : {} };
}

/** The same as it stands in settings; variables without a value are left out. */
export function writtenUse({ name, at, variables }: PromptUse): Record<string, unknown> {
  const given = Object.entries(variables).filter(([, value]) => value !== "");
  return {
    [MARKER]: `${name}@${at}`,
    ...(given.length > 0 && { variables: Object.fromEntries(given) }),
  };
}
