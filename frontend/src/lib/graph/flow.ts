import type { NodeKind } from "@/api/generated/perdure.schemas";
import { type DocumentGraph, type DocumentNode, graphIn, isRecord, sourceOf } from "./document";
import { backEdges } from "./loops";

/** A node as it is drawn, at any depth. */
export interface FlowNode {
  /** Dotted path through containers: `mails.classify`. */
  path: string;
  /** Path of the container; null at the root. */
  parent: string | null;
  node: DocumentNode;
  kind: NodeKind | undefined;
  ports: string[];
  /** Holds a graph of its own, which is drawn inside. */
  container: boolean;
}

export interface FlowEdge {
  id: string;
  source: string;
  port: string;
  target: string;
  /** Closes a loop. */
  back: boolean;
}

export interface Flow {
  nodes: FlowNode[];
  edges: FlowEdge[];
}

type Kinds = ReadonlyMap<string, NodeKind>;

const NESTING = 8;

/** All nodes and edges of a document, those inside of containers too; parents come before their children. */
export function flowOf(document: unknown, kinds: Kinds): Flow {
  const flow: Flow = { nodes: [], edges: [] };
  addGraph(flow, graphIn(document), null, kinds, 0);
  return flow;
}

/** Output ports of a node, in the order in which they are shown. */
export function portsOf(node: DocumentNode, kind: NodeKind | undefined): string[] {
  const settings = node.with ?? {};
  const named = (kind?.port_rules ?? [{ name: "out", each: null, when: [] }]).flatMap((rule) => {
    if (!(rule.when ?? []).every((setting) => isSet(settings[setting]))) return [];
    return rule.name ? [rule.name] : namesIn(rule.each ? settings[rule.each] : undefined);
  });
  return [...new Set(node.on_error === "route" ? [...named, "error"] : named)];
}

function addGraph(
  flow: Flow,
  graph: DocumentGraph,
  parent: string | null,
  kinds: Kinds,
  depth: number,
): void {
  const prefix = parent === null ? "" : `${parent}.`;
  for (const node of graph.nodes) {
    const path = prefix + node.id;
    const kind = kinds.get(node.kind);
    const inner = depth < NESTING ? innerGraph(node, kind) : null;
    flow.nodes.push({ path, parent, node, kind, ports: portsOf(node, kind), container: inner !== null });
    if (inner !== null) addGraph(flow, inner, path, kinds, depth + 1);
  }
  flow.edges.push(...edgesOf(graph, prefix));
}

function innerGraph(node: DocumentNode, kind: NodeKind | undefined): DocumentGraph | null {
  const setting = kind?.graphs?.[0];
  return setting === undefined ? null : graphIn(node.with?.[setting]);
}

function edgesOf(graph: DocumentGraph, prefix: string): FlowEdge[] {
  const known = new Set(graph.nodes.map((node) => node.id));
  const ends = graph.edges.map((edge) => ({ ...sourceOf(edge), target: edge.to }));
  const valid = ends.filter(({ node, target }) => known.has(node) && known.has(target));
  const back = backEdges([...known], valid);
  return valid.map(({ node, port, target }) => ({
    id: `${prefix}${node}.${port}>${target}`,
    source: prefix + node,
    port,
    target: prefix + target,
    back: back.has(`${node}>${target}`),
  }));
}

function namesIn(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry) => (isRecord(entry) && typeof entry.name === "string" ? [entry.name] : []));
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}
