import type { DocumentDiff } from "@/api/generated/perdure.schemas";
import { graphIn, isRecord } from "@/lib/graph/document";
import {
  addNode,
  connect,
  type EditedDocument,
  joinPath,
  type Kinds,
  nodeAt,
  splitPath,
} from "../document-edits";

export type Change = "added" | "removed" | "changed";

/** The later document with what is gone put back, so that both can be seen at once. */
export function mergedDocument(after: EditedDocument, diff: DocumentDiff, kinds: Kinds): EditedDocument {
  const { layout: _, ...bare } = after;
  const withNodes = diff.nodes_removed.reduce((document: EditedDocument, { node, content }) => {
    const { parent, id } = splitPath(node);
    const known = parent === null || nodeAt(document, parent, kinds) !== undefined;
    if (!isRecord(content) || typeof content.kind !== "string" || !known) return document;
    return addNode(document, parent, { ...content, id, kind: content.kind }, kinds);
  }, bare);
  return diff.edges_removed.reduce((document: EditedDocument, { graph, source, target }) => {
    const [node = "", port = "out"] = source.split(".");
    const parent = graph === "" ? null : graph;
    return connect(document, joinPath(parent, node), port, joinPath(parent, target), kinds);
  }, withNodes);
}

/** What became of each step, by its path; those inside of what is new or gone are so too. */
export function nodeChanges(diff: DocumentDiff, kinds: Kinds): Map<string, Change> {
  const changes = new Map<string, Change>();
  const all = (path: string, content: unknown, change: Change) => {
    changes.set(path, change);
    if (!isRecord(content)) return;
    const setting = kinds.get(String(content.kind))?.graphs[0];
    const body = isRecord(content.with) && setting ? content.with[setting] : undefined;
    for (const inner of graphIn(body).nodes) all(`${path}.${inner.id}`, inner, change);
  };
  for (const { node, content } of diff.nodes_added) all(node, content, "added");
  for (const { node, content } of diff.nodes_removed) all(node, content, "removed");
  for (const { node } of diff.nodes_changed) changes.set(node, "changed");
  return changes;
}

/** What became of each edge, by its id on the canvas. */
export function edgeChanges(diff: DocumentDiff): Map<string, Change> {
  const idOf = ({ graph, source, target }: { graph: string; source: string; target: string }) => {
    const [node, port = "out"] = source.split(".");
    return `${graph === "" ? "" : `${graph}.`}${node}.${port}>${target}`;
  };
  return new Map([
    ...diff.edges_added.map((edge) => [idOf(edge), "added"] as const),
    ...diff.edges_removed.map((edge) => [idOf(edge), "removed"] as const),
  ]);
}
