import { parseDocument } from "yaml";

interface ParsedValue {
  value: unknown;
  problem: string | null;
}

/** The value in a YAML text; nothing in an empty one. A text that begins with `{{` is a template, not a map of maps. */
export function parseValue(text: string): ParsedValue {
  const trimmed = text.trim();
  if (trimmed === "") return { value: undefined, problem: null };
  if (/^\{\{[\s\S]*\}\}$/.test(trimmed)) return { value: trimmed, problem: null };
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) return { value: undefined, problem: error.message.split("\n")[0] ?? "This is no YAML." };
  return { value: document.toJS({ maxAliasCount: 100 }), problem: null };
}
