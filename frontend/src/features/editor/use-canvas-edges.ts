import type { EdgeChange } from "@xyflow/react";
import { useCallback, useMemo, useState } from "react";
import type { CanvasEdge } from "@/components/graph/flow-edge";

/** Edges as they are at the moment: which are selected, and which have lost their way because their ends are dragged. */
export function useCanvasEdges(placed: CanvasEdge[]) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(NOBODY);
  const [dragged, setDragged] = useState<readonly string[]>(NOTHING);
  const edges = useMemo(() => {
    if (selected.size === 0 && dragged.length === 0) return placed;
    return placed.map((edge) => {
      const loose = edge.data?.route !== undefined && dragged.some((id) => isOf(edge, id));
      if (!loose && !selected.has(edge.id)) return edge;
      const data = edge.data && { ...edge.data, route: loose ? undefined : edge.data.route };
      return { ...edge, selected: selected.has(edge.id), ...(data ? { data } : {}) };
    });
  }, [placed, selected, dragged]);
  const onEdgesChange = useCallback((changes: EdgeChange<CanvasEdge>[]) => {
    setSelected((before) => selectionAfter(before, changes));
  }, []);
  const only = selected.size === 1 ? placed.find(({ id }) => selected.has(id)) : undefined;
  return { edges, onEdgesChange, only, setDragged };
}

const NOBODY: ReadonlySet<string> = new Set();
const NOTHING: readonly string[] = [];

function selectionAfter(before: ReadonlySet<string>, changes: EdgeChange<CanvasEdge>[]): ReadonlySet<string> {
  const after = new Set(before);
  for (const change of changes) {
    if (change.type === "select" && change.selected) after.add(change.id);
    else if (change.type === "select" || change.type === "remove") after.delete(change.id);
  }
  return after.size === 0 && before.size === 0 ? before : after;
}

function isOf({ source, target }: CanvasEdge, id: string): boolean {
  return source === id || target === id || source.startsWith(`${id}.`);
}
