import { useMemo } from "react";
import { ErrorPanel } from "@/components/error-panel";
import { ReadOnlyCanvas } from "@/components/graph/read-only-canvas";
import { usePaintedEdges } from "@/components/live-run/painted-edges";
import { LoadingRows } from "@/components/loading";
import classes from "./run-graph.module.css";
import { RunGroup, RunNode } from "./run-node";
import { useRunCanvas } from "./use-run-canvas";

const NODE_TYPES = { step: RunNode, frame: RunGroup };

interface Props {
  slug: string;
  version: number;
  selected: string | null;
  onSelect: (node: string | null) => void;
  /** Nodes that are told apart by a frame. */
  framed?: ReadonlySet<string>;
  label?: string;
}

const NOBODY: ReadonlySet<string> = new Set();

/** The version that the run executes, painted live. */
export function RunGraph({ slug, version, selected, onSelect, framed = NOBODY, label }: Props) {
  const { canvas, error } = useRunCanvas(slug, version);
  const nodes = useMemo(
    () =>
      canvas?.nodes.map((node) =>
        node.id === selected || framed.has(node.id)
          ? {
              ...node,
              selected: node.id === selected,
              className: (framed.has(node.id) && classes.framed) || "",
            }
          : node,
      ),
    [canvas, selected, framed],
  );
  const edges = usePaintedEdges(canvas?.edges);
  if (error) return <ErrorPanel error={error} />;
  if (!nodes) return <LoadingRows rows={3} height={90} />;
  return (
    <ReadOnlyCanvas
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      onSelect={onSelect}
      label={label ?? "Graph of the run"}
    />
  );
}
