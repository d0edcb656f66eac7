import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { type CanvasNode, canvasEdges, canvasNodes } from "@/components/graph/elements";
import type { CanvasEdge } from "@/components/graph/flow-edge";
import { layoutIn } from "@/lib/graph/document";
import { type Flow, flowOf } from "@/lib/graph/flow";
import { type Layout, layOut } from "@/lib/graph/layout";
import { quickLayout } from "@/lib/graph/quick-layout";
import { groupNodes, noteNodes } from "./canvas-extras";
import type { EditedDocument, Kinds } from "./document-edits";
import { handPlaced } from "./hand-placed";
import type { AnyNode } from "./use-canvas-nodes";

/** From so many steps on, the layout takes longer than anybody wants to look at nothing. */
const MANY = 80;

/** Nodes and edges of the canvas for a document: where somebody has put them, or where the layout does. */
export function useFlow(document: EditedDocument, kinds: Kinds) {
  const { nodes: list, edges: lines } = document;
  // biome-ignore lint/correctness/useExhaustiveDependencies: places alone do not make another flow
  const flow = useMemo(() => flowOf(document, kinds), [list, lines, kinds]);
  const own = useMemo(() => layoutIn({ layout: document.layout }), [document.layout]);
  const byHand = Object.keys(own).length > 0;
  const found = useLayout(flow, byHand);
  // A large graph is shown at once, and put in order as soon as the careful layout is there.
  const hurry = !byHand && found === undefined && flow.nodes.length > MANY;
  const layout = useMemo(() => {
    if (byHand) return { nodes: handPlaced(flow, own), routes: {} };
    return hurry ? quickLayout(flow) : completed(flow, found);
  }, [flow, own, byHand, found, hurry]);
  const steps = useStable(useMemo(() => canvasNodes(flow, layout), [flow, layout]));
  const { notes, groups } = document;
  const nodes = useMemo(
    (): AnyNode[] => [...groupNodes({ groups }, flow, layout), ...steps, ...noteNodes({ notes })],
    [groups, notes, steps, flow, layout],
  );
  const edges = useStableEdges(useMemo(() => canvasEdges(flow, layout), [flow, layout]));
  return {
    flow,
    layout,
    nodes,
    edges,
    byHand,
    /** Another way of placing everything is another drawing, which is looked at from its beginning. */
    drawing: hurry ? "quick" : "careful",
    ready: byHand || hurry || found !== undefined || flow.nodes.length === 0,
  };
}

/** What the layout finds for a flow; while it looks, what it found for the one before. */
function useLayout(flow: Flow, skip: boolean): Layout | undefined {
  const shape = useMemo(
    () =>
      JSON.stringify([
        flow.nodes.map(({ path, ports, parent, container }) => [path, ports, parent, container]),
        flow.edges,
      ]),
    [flow],
  );
  const { data } = useQuery({
    queryKey: ["layout", shape] as const,
    queryFn: () => layOut(flow),
    enabled: !skip && flow.nodes.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    placeholderData: (before) => before,
  });
  return data;
}

function completed(flow: Flow, found: Layout | undefined): Layout {
  if (!found) return { nodes: {}, routes: {} };
  if (flow.nodes.every((node) => found.nodes[node.path])) return found;
  return { nodes: handPlaced(flow, found.nodes), routes: found.routes };
}

/** Canvas nodes that say the same as before stay the same objects, so that only what changed is drawn anew. */
function useStable(nodes: CanvasNode[]): CanvasNode[] {
  const before = useRef(new Map<string, CanvasNode>());
  return useMemo(() => {
    const stable = nodes.map((node) => {
      const known = before.current.get(node.id);
      return known && isSame(known, node) ? known : node;
    });
    before.current = new Map(stable.map((node) => [node.id, node]));
    return stable;
  }, [nodes]);
}

function isSame(one: CanvasNode, other: CanvasNode): boolean {
  return (
    one.data.flow.node === other.data.flow.node &&
    one.data.flow.kind === other.data.flow.kind &&
    one.position.x === other.position.x &&
    one.position.y === other.position.y &&
    one.width === other.width &&
    one.height === other.height &&
    one.parentId === other.parentId
  );
}

/** The same for edges. */
function useStableEdges(edges: CanvasEdge[]): CanvasEdge[] {
  const before = useRef(new Map<string, CanvasEdge>());
  return useMemo(() => {
    const stable = edges.map((edge) => {
      const known = before.current.get(edge.id);
      const same = known?.data?.route === edge.data?.route && known?.data?.back === edge.data?.back;
      return known && same ? known : edge;
    });
    before.current = new Map(stable.map((edge) => [edge.id, edge]));
    return stable;
  }, [edges]);
}
