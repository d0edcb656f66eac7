import { MarkerType } from "@xyflow/react";
import { useMemo } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { CanvasEdge } from "@/components/graph/flow-edge";
import type { StepState } from "@/lib/run-state";
import { focusedPath, stepOf, useRunStore } from "./run-store";

/** Edges with what became of them: the run went there, or it went another way. */
export function usePaintedEdges(edges: CanvasEdge[] | undefined): CanvasEdge[] {
  const store = useRunStore();
  const fates = useStore(
    store,
    useShallow((run) => (edges ?? []).map((edge) => fateOf(run, edge.source, edge.sourceHandle ?? "out"))),
  );
  return useMemo(() => (edges ?? []).map((edge, index) => painted(edge, fates[index])), [edges, fates]);
}

type Fate = "taken" | "dead" | undefined;

function fateOf(run: Parameters<typeof stepOf>[0], node: string, port: string): Fate {
  const focused = run.focus !== null && focusedPath(node, run.focus) !== null;
  if (focused) return fateOfStep(stepOf(run, node), port);
  const tally = run.shown.nodes[node];
  if (!tally) return undefined;
  if ((tally.ports[port] ?? 0) > 0) return "taken";
  return OPEN.some((status) => tally.counts[status]) ? undefined : "dead";
}

const OPEN = ["running", "waiting", "asking", "retrying", "pending", "paused"];

function fateOfStep(step: StepState | undefined, port: string): Fate {
  if (!step) return undefined;
  if (step.status === "completed") return step.port === port ? "taken" : "dead";
  return step.endedAt === null ? undefined : "dead";
}

const COLORS = { taken: "var(--status-done)", dead: "var(--mantine-color-default-border)" };

function painted(edge: CanvasEdge, fate: Fate): CanvasEdge {
  if (!edge.data || fate === undefined) return edge;
  const marker = { type: MarkerType.ArrowClosed, width: 13, height: 13, color: COLORS[fate] };
  return { ...edge, data: { ...edge.data, fate }, markerEnd: marker, zIndex: fate === "taken" ? 2 : 1 };
}
