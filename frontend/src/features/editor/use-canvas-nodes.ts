import { applyNodeChanges, type NodeChange, type NodePositionChange } from "@xyflow/react";
import { useCallback, useEffect, useState } from "react";
import type { CanvasNode } from "@/components/graph/elements";
import { type GroupNode, groupIndex, type NoteNode } from "./canvas-extras";
import { select, useEditor } from "./editor-store";

export type AnyNode = CanvasNode | NoteNode | GroupNode;

/** Nodes as they are at the moment, those that are dragged included; selection is told to the store. */
export function useCanvasNodes(placed: AnyNode[]): [AnyNode[], (changes: NodeChange<AnyNode>[]) => void] {
  const [nodes, setNodes] = useState(placed);
  const selected = useEditor((editor) => editor.selected);
  useEffect(() => {
    const ids = new Set(placed.map(({ id }) => id));
    // What is gone, by whatever hand, is no longer selected.
    select(selected.filter((path) => ids.has(path)));
    const chosen = new Set(selected);
    setNodes(placed.map((node) => (chosen.has(node.id) ? { ...node, selected: true } : node)));
  }, [placed, selected]);
  const onChange = useCallback((changes: NodeChange<AnyNode>[]) => {
    const moves = changes.filter((change) => change.type !== "select" && change.type !== "remove");
    if (moves.length > 0)
      setNodes((before) => applyNodeChanges([...moves, ...drawnAlong(moves, before)], before));
    select(selectionAfter(useEditor.getState().selected, changes));
  }, []);
  return [nodes, onChange];
}

/** Steps move with the frame around them. */
function drawnAlong(moves: NodeChange<AnyNode>[], nodes: AnyNode[]): NodePositionChange[] {
  const frames = moves.filter(
    (move): move is NodePositionChange => move.type === "position" && groupIndex(move.id) !== null,
  );
  if (frames.length === 0) return [];
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const moving = new Set(moves.flatMap((move) => (move.type === "position" ? [move.id] : [])));
  return frames.flatMap(({ id, position, dragging }) => {
    const frame = byId.get(id);
    if (!position || frame?.type !== "region") return [];
    const by = { x: position.x - frame.position.x, y: position.y - frame.position.y };
    return frame.data.group.nodes.flatMap((member): NodePositionChange[] => {
      const node = byId.get(member);
      if (!node || moving.has(member)) return [];
      const to = { x: node.position.x + by.x, y: node.position.y + by.y };
      return [
        { type: "position", id: member, position: to, ...(dragging === undefined ? {} : { dragging }) },
      ];
    });
  });
}

function selectionAfter(before: readonly string[], changes: NodeChange<AnyNode>[]): readonly string[] {
  if (!changes.some(({ type }) => type === "select" || type === "remove")) return before;
  const chosen = new Set(before);
  for (const change of changes) {
    if (change.type === "remove") chosen.delete(change.id);
    if (change.type === "select" && change.selected) chosen.add(change.id);
    if (change.type === "select" && !change.selected) chosen.delete(change.id);
  }
  return [...chosen];
}
