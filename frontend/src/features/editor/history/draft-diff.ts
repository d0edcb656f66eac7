import type { DocumentDiff, FieldChange } from "@/api/generated/perdure.schemas";
import type { DocumentNode } from "@/lib/graph/document";
import { isAlike } from "@/lib/is-alike";
import {
  bodyOf,
  type EditedDocument,
  edgesOf,
  joinPath,
  type Kinds,
  nodesOf,
  type RawGraph,
} from "../document-edits";

const GRAPH = ["nodes", "edges"];
export const CANVAS = ["layout", "notes", "groups", "pins"];

/** What differs between two states of a draft, as the server says it of versions; settings one level deep. */
export function draftDiff(before: EditedDocument, after: EditedDocument, kinds: Kinds): DocumentDiff {
  const diff: DocumentDiff = {
    nodes_added: [],
    nodes_removed: [],
    nodes_changed: [],
    edges_added: [],
    edges_removed: [],
    reordered: [],
    settings: fieldsBetween(without(before, ...GRAPH, ...CANVAS), without(after, ...GRAPH, ...CANVAS)),
    canvas: fieldsBetween(only(before, CANVAS), only(after, CANVAS)),
    complete: true,
  };
  compareGraphs(diff, before, after, null, kinds);
  return diff;
}

function compareGraphs(
  diff: DocumentDiff,
  before: RawGraph,
  after: RawGraph,
  parent: string | null,
  kinds: Kinds,
): void {
  const old = new Map(nodesOf(before).map((node) => [node.id, node]));
  const now = new Map(nodesOf(after).map((node) => [node.id, node]));
  for (const [id, content] of old) {
    if (!now.has(id)) diff.nodes_removed.push({ node: joinPath(parent, id), content });
  }
  for (const [id, node] of now) {
    const known = old.get(id);
    const path = joinPath(parent, id);
    if (known === undefined) diff.nodes_added.push({ node: path, content: node });
    else if (known !== node) compareNodes(diff, known, node, path, kinds);
  }
  const [lines, others] = [edgeTexts(before), edgeTexts(after)];
  diff.edges_removed.push(...edgesIn(lines, others, parent));
  diff.edges_added.push(...edgesIn(others, lines, parent));
}

function compareNodes(
  diff: DocumentDiff,
  before: DocumentNode,
  after: DocumentNode,
  path: string,
  kinds: Kinds,
): void {
  const [old, now] = [bodyOf(before, kinds), bodyOf(after, kinds)];
  const sameKind = before.kind === after.kind && old !== undefined && now !== undefined;
  const fields = fieldsBetween(shellOf(before, sameKind, kinds), shellOf(after, sameKind, kinds));
  if (fields.length > 0) diff.nodes_changed.push({ node: path, fields });
  if (sameKind) compareGraphs(diff, old, now, path, kinds);
}

/** A node as flat fields: its settings one by one, its body left out where that is compared by itself. */
function shellOf(node: DocumentNode, withoutBody: boolean, kinds: Kinds): Record<string, unknown> {
  const { with: config, ...rest } = node;
  const bodies = withoutBody ? (kinds.get(node.kind)?.graphs ?? []) : [];
  const settings = Object.entries(config ?? {}).filter(([name]) => !bodies.includes(name));
  return { ...rest, ...Object.fromEntries(settings.map(([name, value]) => [`with.${name}`, value])) };
}

function fieldsBetween(before: Record<string, unknown>, after: Record<string, unknown>): FieldChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .filter((name) => !isAlike(before[name], after[name]))
    .map((field) => ({
      field,
      pointer: field.split("."),
      kind: !(field in before) ? "added" : !(field in after) ? "removed" : "changed",
      before: before[field] ?? null,
      after: after[field] ?? null,
    }));
}

function edgeTexts(graph: RawGraph): Set<string> {
  return new Set(edgesOf(graph).map(({ from, to }) => `${from.replace(/\.out$/, "")}>${to}`));
}

function edgesIn(edges: Set<string>, others: Set<string>, parent: string | null) {
  return [...edges]
    .filter((edge) => !others.has(edge))
    .map((edge) => {
      const [source = "", target = ""] = edge.split(">");
      return { graph: parent ?? "", source, target };
    });
}

function without(document: EditedDocument, ...names: string[]): EditedDocument {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)));
}

function only(document: EditedDocument, names: string[]): EditedDocument {
  return Object.fromEntries(Object.entries(document).filter(([name]) => names.includes(name)));
}
