import { MarkerType, type Node, type NodeHandle, Position } from "@xyflow/react";
import type { Flow, FlowNode } from "@/lib/graph/flow";
import type { Layout } from "@/lib/graph/layout";
import { portOffset, sizeOf } from "@/lib/graph/sizes";
import type { CanvasEdge } from "./flow-edge";

export type CanvasNode = Node<{ flow: FlowNode }, "step" | "frame">;

/** The nodes of a flow as React Flow wants them. */
export function canvasNodes(flow: Flow, layout: Layout): CanvasNode[] {
  return flow.nodes.map((node): CanvasNode => {
    const placed = layout.nodes[node.path] ?? { x: 0, y: 0, ...sizeOf(node) };
    return {
      id: node.path,
      type: node.container ? "frame" : "step",
      position: { x: placed.x, y: placed.y },
      width: placed.width,
      height: placed.height,
      // Known beforehand, so that nothing has to be measured when a node comes into sight.
      measured: { width: Math.round(placed.width), height: Math.round(placed.height) },
      handles: handlesOf(node, placed),
      data: { flow: node },
      ...(node.parent === null ? {} : { parentId: node.parent }),
    };
  });
}

const HANDLE = 7;

/** Where edges begin and end: in the middle of the upper edge, and under the name of each port. */
function handlesOf({ ports, container }: FlowNode, size: { width: number; height: number }): NodeHandle[] {
  const { width, height } = size;
  const offsetOf = (port: string, index: number) =>
    container ? ((index + 1) / (ports.length + 1)) * width : portOffset(ports, port, width);
  const at = (x: number, y: number) => ({
    x: x - HANDLE / 2,
    y: y - HANDLE / 2,
    width: HANDLE,
    height: HANDLE,
  });
  return [
    { type: "target", position: Position.Top, ...at(width / 2, 0) },
    ...ports.map(
      (id, index): NodeHandle => ({
        id,
        type: "source",
        position: Position.Bottom,
        ...at(offsetOf(id, index), height),
      }),
    ),
  ];
}

/** The edges of a flow as React Flow wants them. */
export function canvasEdges(flow: Flow, layout: Layout): CanvasEdge[] {
  return flow.edges.map(
    (edge): CanvasEdge => ({
      id: edge.id,
      type: "flow",
      source: edge.source,
      sourceHandle: edge.port,
      target: edge.target,
      zIndex: 1,
      markerEnd: {
        type: MarkerType.ArrowClosed,
        width: 14,
        height: 14,
        color: "var(--mantine-color-placeholder)",
      },
      data: { route: layout.routes[edge.id], back: edge.back },
    }),
  );
}
