import { groupBy } from "@/lib/collections";
import { type DocumentNode, layoutIn, type Point } from "@/lib/graph/document";
import { type Flow, type FlowNode, flowOf, portsOf } from "@/lib/graph/flow";
import type { Placed } from "@/lib/graph/layout";
import { GROUP, sizeOf } from "@/lib/graph/sizes";
import type { EdgeEnds } from "./canvas-actions";
import { type EditedDocument, type Kinds, placeNodes, splitPath } from "./document-edits";

/** Between a step and the next one below or beside it. */
const GAP = 36;
/** What is nearer than this looks as if it were one. */
const NEAR = 8;

type Places = Record<string, Placed>;
type Size = Pick<Placed, "width" | "height">;

/** Places of all nodes where some are given: the others where they cover nothing; containers as large as what is in them. */
export function handPlaced(flow: Flow, own: Readonly<Record<string, Point | Placed>>): Places {
  const graphs = groupBy(flow.nodes, ({ parent }) => parent);
  const places: Places = {};
  // Inner graphs first: a container has its size from them.
  const containers = flow.nodes.filter(({ container }) => container).map(({ path }) => path);
  for (const parent of [...containers.reverse(), null]) {
    const nodes = graphs.get(parent) ?? [];
    const size = (node: FlowNode) =>
      node.container ? sizeAround(graphs.get(node.path) ?? [], places, own[node.path]) : sizeOf(node);
    const [given, missing] = [nodes.filter(({ path }) => own[path]), nodes.filter(({ path }) => !own[path])];
    for (const node of given) places[node.path] = { x: 0, y: 0, ...own[node.path], ...size(node) };
    for (const node of missing) {
      const taken = nodes.flatMap(({ path }) => places[path] ?? []);
      places[node.path] = free(taken, { ...wished(node, flow, places, taken), ...size(node) });
    }
  }
  return places;
}

/** The place right of others that covers none of them, for things that stay together. */
export function beside(taken: readonly Placed[], block: readonly Placed[]): number {
  const left = Math.min(...block.map(({ x }) => x));
  for (let by = 0; ; ) {
    const hit = taken.find((one) => block.some((own) => covers(one, { ...own, x: own.x + by })));
    if (!hit) return by;
    by = hit.x + hit.width + GAP - left;
  }
}

/** The document with what stands below an edge moved down, where there is not room enough in it for a step. */
export function withRoomIn(
  document: EditedDocument,
  { source, target }: EdgeEnds,
  node: DocumentNode,
  kinds: Kinds,
): EditedDocument {
  const own = layoutIn({ layout: document.layout });
  const under = own[target];
  // Where the upper end stands anywhere, so does the new step.
  const above = own[source] && handPlaced(flowOf(document, kinds), own)[source];
  if (!above || !under || under.y <= above.y) return document;
  const kind = kinds.get(node.kind);
  const { height } = sizeOf({ ports: portsOf(node, kind), container: (kind?.graphs.length ?? 0) > 0 });
  const by = above.y + above.height + GAP + height + GAP - under.y;
  if (by <= 0) return document;
  const { parent } = splitPath(target);
  const lower = Object.entries(own).filter(
    ([path, place]) => splitPath(path).parent === parent && place.y >= under.y,
  );
  return placeNodes(document, Object.fromEntries(lower.map(([path, { x, y }]) => [path, { x, y: y + by }])));
}

function wished(node: FlowNode, flow: Flow, places: Places, taken: readonly Placed[]): Point {
  const behind = placeBehind(node, flow, places);
  if (behind) return behind;
  if (taken.length > 0)
    return {
      x: Math.min(...taken.map(({ x }) => x)),
      y: Math.max(...taken.map(({ y, height }) => y + height)) + GAP,
    };
  return node.parent === null ? { x: 0, y: 0 } : { x: GROUP.padding, y: GROUP.header + GROUP.padding };
}

/** Under the node from which one comes: over the one to which it goes on, otherwise beside those that are there already. */
function placeBehind({ path }: FlowNode, flow: Flow, places: Places): Point | null {
  const ahead = flow.edges.filter(({ back }) => !back);
  const source = ahead.find((edge) => edge.target === path && places[edge.source])?.source;
  const before = source === undefined ? undefined : places[source];
  if (!before) return null;
  const targets = (of: string | undefined) =>
    ahead.filter((edge) => edge.source === of).flatMap(({ target }) => places[target] ?? []);
  const isUnder = ({ y }: Placed) => y > before.y;
  const y = before.y + before.height + GAP;
  const next = targets(path).find(isUnder);
  if (next) return { x: next.x, y };
  const last = targets(source)
    .filter(isUnder)
    .sort((one, other) => one.x - other.x)
    .at(-1);
  return last ? { x: last.x + last.width + GAP, y: last.y } : { x: before.x, y };
}

/** The wished place, or the next one right of it where nothing stands. */
function free(taken: readonly Placed[], wish: Placed): Placed {
  return { ...wish, x: wish.x + beside(taken, [wish]) };
}

function covers(one: Placed, other: Placed): boolean {
  return (
    one.x < other.x + other.width + NEAR &&
    other.x < one.x + one.width + NEAR &&
    one.y < other.y + other.height + NEAR &&
    other.y < one.y + one.height + NEAR
  );
}

function sizeAround(children: readonly FlowNode[], places: Places, given: Point | Placed | undefined): Size {
  const inner = children.flatMap(({ path }) => places[path] ?? []);
  const least = given && "width" in given ? given : GROUP;
  return {
    width: Math.max(least.width, ...inner.map(({ x, width }) => x + width + GROUP.padding)),
    height: Math.max(least.height, ...inner.map(({ y, height }) => y + height + GROUP.padding)),
  };
}
