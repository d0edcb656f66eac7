import { groupBy } from "../collections";
import type { Flow, FlowEdge, FlowNode } from "./flow";
import type { Layout, Placed } from "./layout";
import { GROUP, sizeOf } from "./sizes";

const GAP = { across: 32, down: 48 } as const;

/** Places found at once, row by row: what a large graph is shown with until the careful layout is there. */
export function quickLayout(flow: Flow): Layout {
  const children = groupBy(flow.nodes, (node) => node.parent);
  const edges = groupBy(flow.edges, (edge) => parentPath(edge.source));
  const layout: Layout = { nodes: {}, routes: {} };
  // Inner graphs first: a container is as large as what is in it.
  for (const node of [...flow.nodes].reverse()) {
    if (!node.container) continue;
    const inner = children.get(node.path) ?? [];
    const size = placeRows(
      inner,
      edges.get(node.path) ?? [],
      layout,
      GROUP.padding,
      GROUP.header + GROUP.padding,
    );
    layout.nodes[node.path] = { x: 0, y: 0, ...size };
  }
  placeRows(children.get(null) ?? [], edges.get(null) ?? [], layout, 0, 0);
  return layout;
}

/** Puts the nodes of one graph into rows; gives the size of a frame around them. */
function placeRows(
  nodes: readonly FlowNode[],
  edges: readonly FlowEdge[],
  layout: Layout,
  left: number,
  top: number,
): { width: number; height: number } {
  const rows = rowsOf(nodes, edges);
  const sizes = rows.map((row) => row.map((node) => known(node, layout)));
  const widths = sizes.map((row) => row.reduce((sum, { width }) => sum + width + GAP.across, -GAP.across));
  const widest = Math.max(0, ...widths);
  let y = top;
  rows.forEach((row, index) => {
    let x = left + (widest - (widths[index] ?? 0)) / 2;
    row.forEach((node, place) => {
      const size = sizes[index]?.[place] ?? sizeOf(node);
      layout.nodes[node.path] = { x, y, width: size.width, height: size.height };
      x += size.width + GAP.across;
    });
    y += Math.max(0, ...(sizes[index] ?? []).map(({ height }) => height)) + GAP.down;
  });
  return {
    width: Math.max(GROUP.width, left + widest + GROUP.padding),
    height: Math.max(GROUP.height, y - GAP.down + GROUP.padding),
  };
}

function known(node: FlowNode, layout: Layout): Pick<Placed, "width" | "height"> {
  return layout.nodes[node.path] ?? sizeOf(node);
}

/** Each node one row below the last of those from which one comes, beside its neighbours of the row above. */
function rowsOf(nodes: readonly FlowNode[], edges: readonly FlowEdge[]): FlowNode[][] {
  const forward = edges.filter(({ back }) => !back);
  const next = groupBy(forward, ({ source }) => source);
  const waiting = new Map(nodes.map(({ path }) => [path, 0]));
  for (const { target } of forward) waiting.set(target, (waiting.get(target) ?? 0) + 1);
  const depth = new Map<string, number>();
  const open = nodes.filter(({ path }) => waiting.get(path) === 0).map(({ path }) => path);
  for (const path of open) {
    const own = depth.get(path) ?? 0;
    for (const { target } of next.get(path) ?? []) {
      depth.set(target, Math.max(depth.get(target) ?? 0, own + 1));
      waiting.set(target, (waiting.get(target) ?? 1) - 1);
      if (waiting.get(target) === 0) open.push(target);
    }
  }
  return inOrder(nodes, forward, depth);
}

function inOrder(
  nodes: readonly FlowNode[],
  edges: readonly FlowEdge[],
  depth: ReadonlyMap<string, number>,
): FlowNode[][] {
  const rows = [...groupBy(nodes, ({ path }) => depth.get(path) ?? 0)].sort(([one], [other]) => one - other);
  const sources = groupBy(edges, ({ target }) => target);
  const place = new Map<string, number>();
  return rows.map(([, row]) => {
    const wish = new Map(row.map(({ path }, index) => [path, middle(path, sources, place) ?? index]));
    const sorted = [...row].sort((one, other) => (wish.get(one.path) ?? 0) - (wish.get(other.path) ?? 0));
    sorted.forEach(({ path }, index) => {
      place.set(path, index);
    });
    return sorted;
  });
}

/** Where the sources of a node stand in their rows, on average. */
function middle(
  path: string,
  sources: ReadonlyMap<string, FlowEdge[]>,
  place: ReadonlyMap<string, number>,
): number | null {
  const known = (sources.get(path) ?? []).flatMap(({ source }) => place.get(source) ?? []);
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length;
}

function parentPath(path: string): string | null {
  const dot = path.lastIndexOf(".");
  return dot < 0 ? null : path.slice(0, dot);
}
