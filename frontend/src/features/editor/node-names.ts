import { type DocumentNode, isRecord } from "@/lib/graph/document";
import type { Kinds } from "./document-edits";

type Names = ReadonlyMap<string, string>;

/** A node that reads other nodes of its graph by their next ids. What is in its body reads others, which may be called alike. */
export function readingUnder(node: DocumentNode, names: Names, kinds: Kinds): DocumentNode {
  const body = kinds.get(node.kind)?.graphs[0];
  const { id, kind } = node;
  const fields = Object.entries(node).map(([field, value]) => {
    if (field === "with" && isRecord(value)) return [field, settingsUnder(value, names, body)];
    if (field === "compensate_with") return [field, names.get(String(value)) ?? value];
    return [field, textsUnder(value, names)];
  });
  return { ...Object.fromEntries(fields), id, kind };
}

function settingsUnder(config: Record<string, unknown>, names: Names, body: string | undefined) {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, name === body ? value : textsUnder(value, names)]),
  );
}

/** A value with `nodes.<id>` in all its texts naming each node by its next id. */
export function textsUnder(value: unknown, names: Names): unknown {
  if (typeof value === "string")
    return value.replaceAll(/\bnodes\.([A-Za-z]\w*)/g, (read, id) =>
      names.has(id) ? `nodes.${names.get(id)}` : read,
    );
  if (Array.isArray(value)) return value.map((entry) => textsUnder(entry, names));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, textsUnder(entry, names)]));
}
