import { type DocumentNode, graphIn, sourceOf } from "@/lib/graph/document";
import type { EditedDocument } from "./document-edits";
import type { PinnedOutput } from "./pins";
import type { Recorded } from "./sample-data";

const NAMES = /\bnodes\.([a-z][a-z0-9_]*)/g;

/** Ids of the steps that the expressions of a step read. */
export function readsOf(node: DocumentNode): string[] {
  const text = JSON.stringify(node.with ?? {});
  return [...new Set([...text.matchAll(NAMES)].map((match) => match[1] ?? ""))];
}

/** Ids of a step and of all that may run after it, in the root graph. */
export function reachableFrom(document: EditedDocument, id: string): Set<string> {
  const { edges } = graphIn(document);
  const found = new Set<string>();
  const open = [id];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (found.has(at)) continue;
    found.add(at);
    for (const edge of edges) if (sourceOf(edge).node === at) open.push(edge.to);
  }
  return found;
}

interface Start {
  pins: Record<string, PinnedOutput>;
  /** Steps that come before, and of which no output is known: they run. */
  unknown: string[];
}

/** What a run from a step on is given: pins, and what everything before the step gave last. */
export function startFrom(
  document: EditedDocument,
  id: string,
  own: Record<string, PinnedOutput>,
  recorded: Recorded | undefined,
): Start {
  const after = reachableFrom(document, id);
  const { [id]: _, ...pins } = own;
  const unknown: string[] = [];
  for (const node of graphIn(document).nodes) {
    if (after.has(node.id) || pins[node.id]) continue;
    if (recorded && node.id in recorded.outputs)
      pins[node.id] = { output: recorded.outputs[node.id], port: recorded.ports[node.id] ?? null };
    else unknown.push(node.id);
  }
  return { pins, unknown };
}
