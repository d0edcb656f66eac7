import type { Point } from "@/lib/graph/document";
import type { Layout } from "@/lib/graph/layout";
import { noteIndex, notesOf, withNote } from "./canvas-extras";
import { type EditedDocument, placeNodes } from "./document-edits";
import type { AnyNode } from "./use-canvas-nodes";

/** The document with what was dragged standing where it was dropped. */
export function moved(
  document: EditedDocument,
  layout: Layout,
  dragged: readonly AnyNode[],
  standing: ReadonlyMap<string, AnyNode>,
): EditedDocument {
  const withNotes = dragged.reduce((result, { id, position }) => {
    const index = noteIndex(id);
    const note = index === null ? undefined : notesOf(result)[index];
    return note && index !== null ? withNote(result, index, { ...note, ...rounded(position) }) : result;
  }, document);
  const steps = steppedBy(dragged).flatMap((id) => {
    const node = standing.get(id);
    return node ? [[id, rounded(node.position)] as const] : [];
  });
  if (steps.length === 0) return withNotes;
  return placeNodes(withNotes, { ...frozen(layout), ...Object.fromEntries(steps) });
}

/** Ids of the steps that move: those that are dragged, and those in frames that are. */
export function steppedBy(dragged: readonly AnyNode[]): string[] {
  return dragged.flatMap((node) => {
    if (node.type === "region") return node.data.group.nodes;
    return node.type === "note" ? [] : [node.id];
  });
}

/** As soon as one node is placed by hand, all of them stay where they are. */
export function frozen(layout: Layout): Record<string, Point> {
  return Object.fromEntries(Object.entries(layout.nodes).map(([path, place]) => [path, rounded(place)]));
}

function rounded({ x, y }: Point): Point {
  return { x: Math.round(x), y: Math.round(y) };
}
