import type { NodeKind } from "@/api/generated/perdure.schemas";
import type { Kinds } from "./document-edits";

/** Kinds that a text may mean: those whose name begins with it first, then those that only mention it. */
export function foundKinds(kinds: Kinds, text: string): NodeKind[] {
  const wanted = text.trim().toLowerCase();
  const ranked = [...kinds.values()].map((kind) => ({ kind, rank: rankOf(kind, wanted) }));
  return ranked
    .filter(({ rank }) => rank !== null)
    .sort((one, other) => (one.rank ?? 0) - (other.rank ?? 0))
    .map(({ kind }) => kind);
}

function rankOf({ kind, title, description }: NodeKind, wanted: string): number | null {
  if (title.toLowerCase().startsWith(wanted) || kind.startsWith(wanted)) return 0;
  if (title.toLowerCase().includes(wanted) || kind.includes(wanted)) return 1;
  return description.toLowerCase().includes(wanted) ? 2 : null;
}
