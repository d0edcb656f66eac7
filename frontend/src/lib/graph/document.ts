/** The workflow document as far as the canvas reads it. Drafts may hold anything, so every field may be missing or wrong. */
export interface DocumentNode {
  id: string;
  kind: string;
  name?: string | null;
  with?: Record<string, unknown>;
  on_error?: string;
  [field: string]: unknown;
}

export interface DocumentEdge {
  from: string;
  to: string;
}

export interface DocumentGraph {
  nodes: DocumentNode[];
  edges: DocumentEdge[];
}

export interface Point {
  x: number;
  y: number;
}

/** The graph in a document or in a setting of a node; what is not understood is left out. */
export function graphIn(value: unknown): DocumentGraph {
  const { nodes, edges } = isRecord(value) ? value : {};
  return {
    nodes: Array.isArray(nodes) ? nodes.filter(isNode) : [],
    edges: Array.isArray(edges) ? edges.map(edgeOf).filter((edge) => edge !== null) : [],
  };
}

/** Where the nodes of the document stand, by their path. */
export function layoutIn(document: unknown): Record<string, Point> {
  const layout = isRecord(document) && isRecord(document.layout) ? document.layout : {};
  return Object.fromEntries(
    Object.entries(layout).filter((entry): entry is [string, Point] => isPoint(entry[1])),
  );
}

/** Node and port of an edge's beginning: `ask.approved`; the port is `out` where none is named. */
export function sourceOf(edge: DocumentEdge): { node: string; port: string } {
  const dot = edge.from.indexOf(".");
  return dot < 0
    ? { node: edge.from, port: "out" }
    : { node: edge.from.slice(0, dot), port: edge.from.slice(dot + 1) };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNode(value: unknown): value is DocumentNode {
  return isRecord(value) && typeof value.id === "string" && typeof value.kind === "string";
}

/** The API writes edges as from and to, a stored document may name the same fields source and target. */
function edgeOf(value: unknown): DocumentEdge | null {
  if (!isRecord(value)) return null;
  const from = value.from ?? value.source;
  const to = value.to ?? value.target;
  return typeof from === "string" && typeof to === "string" ? { from, to } : null;
}

function isPoint(value: unknown): value is Point {
  return isRecord(value) && Number.isFinite(value.x) && Number.isFinite(value.y);
}
