import type { ELK, ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api";
import { groupBy } from "../collections";
import type { Point } from "./document";
import type { Flow, FlowEdge, FlowNode } from "./flow";
import { GROUP, portOffset, sizeOf } from "./sizes";

export interface Placed extends Point {
  width: number;
  height: number;
}

export interface Layout {
  /** By node path; relative to the container. */
  nodes: Record<string, Placed>;
  /** Corners of each edge by its id; in the coordinates of the whole canvas. */
  routes: Record<string, Point[]>;
}

const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "DOWN",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.layered.spacing.nodeNodeBetweenLayers": "44",
  "elk.spacing.nodeNode": "32",
  "elk.spacing.edgeNode": "20",
  "elk.layered.spacing.edgeNodeBetweenLayers": "18",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.layered.feedbackEdges": "true",
  "elk.layered.nodePlacement.strategy": "BRANDES_KOEPF",
  "elk.layered.nodePlacement.bk.fixedAlignment": "BALANCED",
};

let engine: Promise<ELK> | undefined;

/** Begin to fetch what places nodes: it is large, and can come while a page asks for what it shows. */
export function fetchEngine(): Promise<ELK> {
  engine ??= startEngine().catch((error: unknown) => {
    engine = undefined;
    throw error;
  });
  return engine;
}

/** Places for all nodes and ways for all edges, top down, such that hardly any two cross. Runs beside the page. */
export async function layOut(flow: Flow): Promise<Layout> {
  const elk = await fetchEngine();
  const children = groupBy(flow.nodes, (node) => node.parent);
  const parentOf = new Map(flow.nodes.map((node) => [node.path, node.parent]));
  const edges = groupBy(flow.edges, (edge) => parentOf.get(edge.source) ?? null);
  const root = await elk.layout({ id: "", layoutOptions: OPTIONS, ...inside(null, children, edges) });
  const layout: Layout = { nodes: {}, routes: {} };
  collect(root, { x: 0, y: 0 }, layout);
  return layout;
}

async function startEngine(): Promise<ELK> {
  const [{ default: Elk }, { default: url }] = await Promise.all([
    import("elkjs/lib/elk-api"),
    import("elkjs/lib/elk-worker.min.js?url"),
  ]);
  return new Elk({ workerFactory: () => new Worker(url) });
}

type Children = Map<string | null, FlowNode[]>;
type Edges = Map<string | null, FlowEdge[]>;

function inside(
  parent: string | null,
  children: Children,
  edges: Edges,
): Pick<ElkNode, "children" | "edges"> {
  const nodes = children.get(parent) ?? [];
  const ported = new Map(
    nodes.filter((node) => !children.has(node.path)).map((node) => [node.path, node.ports]),
  );
  return {
    children: nodes.map((node) => elkNode(node, children, edges)),
    edges: (edges.get(parent) ?? []).map((edge) => elkEdge(edge, ported)),
  };
}

function elkNode(node: FlowNode, children: Children, edges: Edges): ElkNode {
  const { width, height } = sizeOf(node);
  const inner = node.container ? inside(node.path, children, edges) : {};
  const filled = (inner.children?.length ?? 0) > 0;
  const padding = `[top=${GROUP.header + GROUP.padding},left=${GROUP.padding},right=${GROUP.padding},bottom=${GROUP.padding}]`;
  return {
    id: node.path,
    ...(filled ? inner : {}),
    ...(filled ? {} : { width, height }),
    ports: filled ? [] : portsOf(node, width, height),
    layoutOptions: filled
      ? {
          ...OPTIONS,
          "elk.padding": padding,
          "elk.nodeSize.constraints": "MINIMUM_SIZE",
          "elk.nodeSize.minimum": `(${GROUP.width},${GROUP.height})`,
        }
      : { "elk.portConstraints": "FIXED_POS" },
  };
}

function portsOf(node: FlowNode, width: number, height: number) {
  const outputs = node.ports.map((port) => ({
    id: portId(node.path, port),
    x: portOffset(node.ports, port, width),
    y: height,
    layoutOptions: { "elk.port.side": "SOUTH" },
  }));
  return [
    { id: inputId(node.path), x: width / 2, y: 0, layoutOptions: { "elk.port.side": "NORTH" } },
    ...outputs,
  ];
}

/** An edge between ports, or between whole nodes where one has none: containers, and ports that are gone. */
function elkEdge(edge: FlowEdge, ported: Map<string, string[]>): ElkExtendedEdge {
  const source = ported.get(edge.source)?.includes(edge.port) ? portId(edge.source, edge.port) : edge.source;
  const target = ported.has(edge.target) ? inputId(edge.target) : edge.target;
  return { id: edge.id, sources: [source], targets: [target] };
}

const inputId = (path: string) => `${path}<`;
const portId = (path: string, port: string) => `${path}>${port}`;

function collect(container: ElkNode, origin: Point, layout: Layout): void {
  for (const edge of container.edges ?? []) {
    const section = edge.sections?.[0];
    if (!section) continue;
    const points = [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
    layout.routes[edge.id] = points.map(({ x, y }) => ({ x: x + origin.x, y: y + origin.y }));
  }
  for (const { id, x = 0, y = 0, width = 0, height = 0, ...node } of container.children ?? []) {
    layout.nodes[id] = { x, y, width, height };
    collect({ id, ...node }, { x: origin.x + x, y: origin.y + y }, layout);
  }
}
