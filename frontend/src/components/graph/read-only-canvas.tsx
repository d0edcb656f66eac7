import { Controls, type NodeTypes, ReactFlow } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useRef } from "react";
import { Distance } from "./distance";
import { DotGrid } from "./dot-grid";
import type { CanvasNode } from "./elements";
import { firstView } from "./first-view";
import { type CanvasEdge, FlowEdgeLine } from "./flow-edge";
import classes from "./read-only-canvas.module.css";

const EDGE_TYPES = { flow: FlowEdgeLine };

interface Props {
  nodes: CanvasNode[];
  edges: CanvasEdge[];
  nodeTypes: NodeTypes;
  onSelect: (path: string | null) => void;
  label: string;
}

/** A graph to look at: pan, zoom, choose a node. */
export function ReadOnlyCanvas({ nodes, edges, nodeTypes, onSelect, label }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  return (
    <ReactFlow
      ref={frame}
      aria-label={label}
      className={classes.canvas}
      nodes={nodes}
      edges={edges}
      nodeTypes={nodeTypes}
      edgeTypes={EDGE_TYPES}
      onNodesChange={(changes) => {
        const chosen = changes.find((change) => change.type === "select" && change.selected);
        if (chosen?.type === "select") onSelect(chosen.id);
      }}
      onPaneClick={() => onSelect(null)}
      nodesDraggable={false}
      nodesConnectable={false}
      edgesFocusable={false}
      onlyRenderVisibleElements
      onInit={(flow) => void flow.setViewport(firstView(flow.getNodesBounds(nodes), frame.current))}
      minZoom={0.1}
      maxZoom={1.75}
    >
      <DotGrid />
      <Distance frame={frame} />
      <Controls showInteractive={false} fitViewOptions={{ padding: 0.1, maxZoom: 1 }} />
    </ReactFlow>
  );
}
