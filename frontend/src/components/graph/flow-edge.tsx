import { BaseEdge, type Edge, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import type { Point } from "@/lib/graph/document";
import { loopBack, roundedPath } from "@/lib/graph/paths";
import classes from "./flow-edge.module.css";

export type FlowEdgeData = {
  /** The way that the layout found; none where nodes were moved by hand. */
  route?: Point[] | undefined;
  back: boolean;
  /** `taken` by the run, `dead` if it went another way. */
  fate?: "taken" | "dead" | undefined;
};

export type CanvasEdge = Edge<FlowEdgeData, "flow">;

/** A line from a port to a node: dashed where it leads back, heavy where a run has gone. */
export function FlowEdgeLine({ id, data, selected, markerEnd, ...ends }: EdgeProps<CanvasEdge>) {
  const path = data?.route ? roundedPath(data.route) : freePath(ends, data?.back ?? false);
  return (
    <g
      className={classes.edge}
      data-fate={data?.fate}
      data-back={data?.back || undefined}
      data-selected={selected || undefined}
    >
      <BaseEdge id={id} path={path} markerEnd={markerEnd} className={classes.line} interactionWidth={16} />
    </g>
  );
}

const HALF_CARD = 118;

/** The way of an edge whose ends were placed by hand. One that leads back goes up beside what it repeats. */
function freePath(ends: Omit<EdgeProps<CanvasEdge>, "id" | "data">, back: boolean): string {
  const { sourceX, sourceY, targetX, targetY } = ends;
  if (!back || targetY > sourceY) return getSmoothStepPath({ ...ends, borderRadius: 9 })[0];
  const right = Math.max(sourceX, targetX) + HALF_CARD;
  return roundedPath(loopBack({ x: sourceX, y: sourceY }, { x: targetX, y: targetY }, right));
}
