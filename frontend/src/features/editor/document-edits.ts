import type { NodeKind } from "@/api/generated/perdure.schemas";
import { type DocumentNode, isRecord, type Point } from "@/lib/graph/document";
import { withRoomIn } from "./hand-placed";
import { readingUnder, textsUnder } from "./node-names";

/** The document as it is edited: whatever the draft holds, never changed in place. */
export type EditedDocument = Record<string, unknown>;

export type Kinds = ReadonlyMap<string, NodeKind>;

export interface RawGraph {
  nodes?: unknown;
  edges?: unknown;
}

/** The node at a dotted path. */
export function nodeAt(document: EditedDocument, path: string, kinds: Kinds): DocumentNode | undefined {
  let graph: RawGraph | undefined = document;
  let node: DocumentNode | undefined;
  for (const id of path.split(".")) {
    node = nodesOf(graph).find((one) => one.id === id);
    graph = node && bodyOf(node, kinds);
  }
  return node;
}

/** The document with a node replaced. */
export function updateNode(
  document: EditedDocument,
  path: string,
  kinds: Kinds,
  change: (node: DocumentNode) => DocumentNode,
): EditedDocument {
  const { parent, id } = splitPath(path);
  return updateGraph(document, parent, kinds, (graph) => ({
    ...graph,
    nodes: nodesOf(graph).map((node) => (node.id === id ? change(node) : node)),
  }));
}

/** The document with a further node in the graph of a container; null is the document itself. */
export function addNode(
  document: EditedDocument,
  parent: string | null,
  node: DocumentNode,
  kinds: Kinds,
  after?: { id: string; port: string },
): EditedDocument {
  return updateGraph(document, parent, kinds, (graph) => ({
    ...graph,
    nodes: [...nodesOf(graph), node],
    edges: after ? [...edgesOf(graph), { from: fromOf(after.id, after.port), to: node.id }] : edgesOf(graph),
  }));
}

/** The document without some nodes and all that touches them. */
export function removeNodes(
  document: EditedDocument,
  paths: readonly string[],
  kinds: Kinds,
): EditedDocument {
  const without = paths.reduce((result, path) => {
    const { parent, id } = splitPath(path);
    return updateGraph(result, parent, kinds, (graph) => ({
      ...graph,
      nodes: nodesOf(graph).filter((node) => node.id !== id),
      edges: edgesOf(graph).filter((edge) => nodeOfEnd(edge.from) !== id && edge.to !== id),
    }));
  }, document);
  const gone = (path: string) => paths.some((one) => path === one || path.startsWith(`${one}.`));
  const placed = withLayout(without, (layout) =>
    Object.fromEntries(Object.entries(layout).filter(([path]) => !gone(path))),
  );
  return withMarks(placed, (id) => (paths.includes(id) ? null : id));
}

/** The document with an edge from a port to a node; the same if there is one already. */
export function connect(
  document: EditedDocument,
  source: string,
  port: string,
  target: string,
  kinds: Kinds,
): EditedDocument {
  const { parent, id } = splitPath(source);
  const from = fromOf(id, port);
  const to = splitPath(target).id;
  return updateGraph(document, parent, kinds, (graph) => {
    const edges = edgesOf(graph);
    const known = edges.some((edge) => sameEnd(edge.from, from) && edge.to === to);
    return known ? graph : { ...graph, edges: [...edges, { from, to }] };
  });
}

/** The document without an edge. */
export function disconnect(
  document: EditedDocument,
  source: string,
  port: string,
  target: string,
  kinds: Kinds,
): EditedDocument {
  const { parent, id } = splitPath(source);
  const from = fromOf(id, port);
  const to = splitPath(target).id;
  return updateGraph(document, parent, kinds, (graph) => ({
    ...graph,
    edges: edgesOf(graph).filter((edge) => !(sameEnd(edge.from, from) && edge.to === to)),
  }));
}

/** The document with another id for a node, in its edges and in expressions that read it too. */
export function renameNode(
  document: EditedDocument,
  path: string,
  next: string,
  kinds: Kinds,
): EditedDocument {
  const { parent, id } = splitPath(path);
  const names = new Map([[id, next]]);
  const renamed = updateGraph(document, parent, kinds, ({ nodes, edges, ...graph }) => ({
    ...(textsUnder(graph, names) as RawGraph),
    nodes: nodesOf({ nodes }).map((node) => ({
      ...readingUnder(node, names, kinds),
      id: node.id === id ? next : node.id,
    })),
    edges: edgesOf({ edges }).map(({ from, to }) => ({
      from: nodeOfEnd(from) === id ? fromOf(next, portOfEnd(from)) : from,
      to: to === id ? next : to,
    })),
  }));
  const nextPath = joinPath(parent, next);
  const placed = withLayout(renamed, (layout) =>
    Object.fromEntries(Object.entries(layout).map(([key, place]) => [movedPath(key, path, nextPath), place])),
  );
  return parent === null ? withMarks(placed, (known) => (known === id ? next : known)) : placed;
}

/** The document with a node put into an edge: what went straight on now goes through it. */
export function insertNode(
  document: EditedDocument,
  edge: { source: string; port: string; target: string },
  node: DocumentNode,
  kinds: Kinds,
  port: string | undefined,
): EditedDocument {
  const { parent, id } = splitPath(edge.source);
  const without = disconnect(document, edge.source, edge.port, edge.target, kinds);
  const roomy = withRoomIn(without, edge, node, kinds);
  const added = addNode(roomy, parent, node, kinds, { id, port: edge.port });
  return port === undefined ? added : connect(added, joinPath(parent, node.id), port, edge.target, kinds);
}

/** The document with nodes standing elsewhere. */
export function placeNodes(document: EditedDocument, places: Record<string, Point>): EditedDocument {
  return withLayout(document, (layout) => ({ ...layout, ...places }));
}

/** The document with nodes that nobody has placed; what is in them stays as it is. */
export function unplaceNodes(document: EditedDocument, paths: readonly string[]): EditedDocument {
  return withLayout(document, (layout) =>
    Object.fromEntries(Object.entries(layout).filter(([path]) => !paths.includes(path))),
  );
}

/** The document without places: the layout finds them. */
export function withoutLayout(document: EditedDocument): EditedDocument {
  const { layout: _, ...rest } = document;
  return rest;
}

/** An id that no node of the graph has yet: `llm`, `llm_2`, … */
export function freshId(
  document: EditedDocument,
  parent: string | null,
  wanted: string,
  kinds: Kinds,
  taken: ReadonlySet<string> = new Set(idsIn(document, parent, kinds)),
): string {
  const base =
    wanted
      .toLowerCase()
      .replace(/[^a-z0-9_]+/g, "_")
      .replace(/^[^a-z]+/, "")
      .slice(0, 50) || "step";
  let id = base;
  for (let number = 2; taken.has(id); number++) id = `${base}_${number}`;
  return id;
}

/** Ids of the nodes in the graph of a container. */
export function idsIn(document: EditedDocument, parent: string | null, kinds: Kinds): string[] {
  const node = parent === null ? undefined : nodeAt(document, parent, kinds);
  const graph = parent === null ? document : node && bodyOf(node, kinds);
  return nodesOf(graph).map(({ id }) => id);
}

/** Edges in the graph of a container, by ids and port. */
export function edgesIn(
  document: EditedDocument,
  parent: string | null,
  kinds: Kinds,
): { source: string; port: string; target: string }[] {
  const node = parent === null ? undefined : nodeAt(document, parent, kinds);
  const graph = parent === null ? document : (node && bodyOf(node, kinds)) || {};
  return edgesOf(graph).map(({ from, to }) => ({
    source: nodeOfEnd(from),
    port: portOfEnd(from),
    target: to,
  }));
}

export function splitPath(path: string): { parent: string | null; id: string } {
  const dot = path.lastIndexOf(".");
  return dot < 0 ? { parent: null, id: path } : { parent: path.slice(0, dot), id: path.slice(dot + 1) };
}

export function joinPath(parent: string | null, id: string): string {
  return parent === null ? id : `${parent}.${id}`;
}

function updateGraph(
  document: EditedDocument,
  parent: string | null,
  kinds: Kinds,
  change: (graph: RawGraph) => RawGraph,
): EditedDocument {
  if (parent === null) return change(document) as EditedDocument;
  return updateNode(document, parent, kinds, (node) => {
    const setting = graphSetting(node, kinds);
    if (setting === undefined) return node;
    const graph = node.with?.[setting];
    return { ...node, with: { ...node.with, [setting]: change(isRecord(graph) ? graph : {}) } };
  });
}

function graphSetting(node: DocumentNode, kinds: Kinds): string | undefined {
  return kinds.get(node.kind)?.graphs[0];
}

export function bodyOf(node: DocumentNode, kinds: Kinds): RawGraph | undefined {
  const setting = graphSetting(node, kinds);
  const body = setting === undefined ? undefined : node.with?.[setting];
  return isRecord(body) ? body : undefined;
}

export function nodesOf(graph: RawGraph | undefined): DocumentNode[] {
  return Array.isArray(graph?.nodes) ? (graph.nodes as DocumentNode[]) : [];
}

interface RawEdge {
  from: string;
  to: string;
}

export function edgesOf(graph: RawGraph): RawEdge[] {
  return Array.isArray(graph.edges) ? (graph.edges as RawEdge[]) : [];
}

function withLayout(
  document: EditedDocument,
  change: (layout: Record<string, unknown>) => Record<string, unknown>,
): EditedDocument {
  const before = isRecord(document.layout) ? document.layout : {};
  const layout = change(before);
  return Object.keys(layout).length === 0 && document.layout === undefined
    ? document
    : { ...document, layout };
}

/** The document with other ids in its pins and groups; null takes an id out. */
function withMarks(document: EditedDocument, idOf: (id: string) => string | null): EditedDocument {
  const { pins, groups, ...rest } = document;
  const kept = isRecord(pins)
    ? Object.entries(pins).flatMap(([id, pin]) => (idOf(id) === null ? [] : [[idOf(id), pin] as const]))
    : [];
  const framed = (Array.isArray(groups) ? groups.filter(isRecord) : []).flatMap((group) => {
    const nodes = (Array.isArray(group.nodes) ? group.nodes : []).map((id) => idOf(String(id)));
    const left = nodes.filter((id) => id !== null);
    return left.length > 0 ? [{ ...group, nodes: left }] : [];
  });
  return {
    ...rest,
    ...(kept.length > 0 ? { pins: Object.fromEntries(kept) } : {}),
    ...(framed.length > 0 ? { groups: framed } : {}),
  };
}

function fromOf(id: string, port: string): string {
  return port === "out" ? id : `${id}.${port}`;
}

function nodeOfEnd(end: string): string {
  return end.split(".")[0] ?? end;
}

function portOfEnd(end: string): string {
  return end.split(".")[1] ?? "out";
}

/** `a` and `a.out` are the same end. */
function sameEnd(one: string, other: string): boolean {
  return nodeOfEnd(one) === nodeOfEnd(other) && portOfEnd(one) === portOfEnd(other);
}

function movedPath(key: string, from: string, to: string): string {
  if (key === from) return to;
  return key.startsWith(`${from}.`) ? to + key.slice(from.length) : key;
}
