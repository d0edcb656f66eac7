import { useReactFlow } from "@xyflow/react";
import { useCallback } from "react";
import type { CanvasEdge } from "@/components/graph/flow-edge";
import type { Point } from "@/lib/graph/document";
import type { Layout } from "@/lib/graph/layout";
import { frozen } from "./canvas-moves";
import { type Kinds, placeNodes, splitPath } from "./document-edits";
import { targetOf, useDropTarget } from "./drop-target";
import { useEditor } from "./editor-store";
import { moveSteps } from "./move-steps";
import { takeOver } from "./take-over";
import type { AnyNode } from "./use-canvas-nodes";

type Pointer = Pick<MouseEvent, "clientX" | "clientY">;

/** Steps that are dragged into the body of a container, or out of it. */
export function useDrop(kinds: Kinds, layout: Layout) {
  const canvas = useReactFlow<AnyNode, CanvasEdge>();
  const targetUnder = useCallback(
    (pointer: Pointer, dragged: readonly AnyNode[]) => {
      const at = canvas.screenToFlowPosition({ x: pointer.clientX, y: pointer.clientY });
      return targetOf(canvas.getIntersectingNodes({ ...at, width: 1, height: 1 }), dragged);
    },
    [canvas],
  );
  /** Shows where what is dragged would fall. */
  const onDrag = useCallback(
    (event: Event | React.SyntheticEvent, dragged: readonly AnyNode[]) => {
      const pointer = pointerOf(event);
      const target = pointer && targetUnder(pointer, dragged);
      const leaves = stepsOf(dragged).some((path) => splitPath(path).parent !== target);
      useDropTarget.setState({ id: leaves ? (target ?? null) : null });
    },
    [targetUnder],
  );
  /** Moves steps to the graph in which they were dropped; false if that is the one from which they come. */
  const onDrop = useCallback(
    (event: unknown, dragged: readonly AnyNode[]): boolean => {
      useDropTarget.setState({ id: null });
      const pointer = pointerOf(event);
      if (!pointer) return false;
      const target = targetUnder(pointer, dragged);
      const steps = stepsOf(dragged).filter((path) => splitPath(path).parent !== target);
      const places = new Map(steps.flatMap((path) => placeIn(canvas, path, target)));
      return steps.length > 0 && moveTo(steps, target, places, kinds, layout);
    },
    [canvas, kinds, layout, targetUnder],
  );
  return { onDrag, onDrop };
}

/** Notes and frames around steps belong to no container. */
function stepsOf(dragged: readonly AnyNode[]): string[] {
  return dragged.filter(({ type }) => type === "step" || type === "frame").map(({ id }) => id);
}

function moveTo(
  steps: readonly string[],
  target: string | null,
  places: ReadonlyMap<string, Point>,
  kinds: Kinds,
  layout: Layout,
): boolean {
  const moved = moveSteps(placeNodes(useEditor.getState().document, frozen(layout)), steps, target, kinds);
  const stand = [...moved.paths].flatMap(([from, to]) => {
    const place = places.get(from);
    return place ? [[to, place] as const] : [];
  });
  const document = placeNodes(moved.document, Object.fromEntries(stand));
  return takeOver({ ...moved, document }, target, kinds);
}

/** Where a step stands, seen from a container. */
function placeIn(
  canvas: ReturnType<typeof useReactFlow<AnyNode, CanvasEdge>>,
  path: string,
  target: string | null,
): [string, Point][] {
  const node = canvas.getInternalNode(path)?.internals.positionAbsolute;
  const frame = target === null ? { x: 0, y: 0 } : canvas.getInternalNode(target)?.internals.positionAbsolute;
  return node && frame ? [[path, { x: Math.round(node.x - frame.x), y: Math.round(node.y - frame.y) }]] : [];
}

function pointerOf(event: unknown): Pointer | null {
  return typeof event === "object" && event !== null && "clientX" in event ? (event as Pointer) : null;
}
