import type { ReactNode } from "react";
import { lookOf, StatusIcon, type Tone } from "@/components/status";
import type { NodeTally } from "@/lib/run-state";
import classes from "./node-look.module.css";
import { toneOf } from "./node-tone";
import { focusedPath, stepOf, useRun } from "./run-store";

const STREAMED = 70;
const NONE: NodeTally = { counts: {}, ports: {}, latest: "" };

export interface NodeLook {
  /** None if the run has not come here. */
  status: string | undefined;
  tone: Tone | undefined;
  /** Skipped, and nothing else. */
  skipped: boolean;
  /** What is being written at the moment. */
  subtitle: ReactNode;
  aside: ReactNode;
}

/** How a node stands in the run at hand: one step, or many of them counted. */
export function useNodeLook(id: string): NodeLook {
  const step = useRun((run) => stepOf(run, id));
  const tally = useRun((run) => (isFocused(id, run.focus) ? undefined : run.shown.nodes[id])) ?? NONE;
  const many = Object.values(tally.counts).reduce((sum, count) => sum + count, 0) > 1;
  const status = step?.status;
  const streams = status === "running" && step !== undefined && step.text !== "";
  return {
    status,
    tone: many ? toneOf(tally.counts) : status === undefined ? undefined : lookOf(status).tone,
    skipped: !many && status === "skipped",
    subtitle: streams ? <Streamed text={step.text} /> : undefined,
    aside: many ? <Counts counts={tally.counts} /> : status && <StatusIcon status={status} size={18} />,
  };
}

function Streamed({ text }: { text: string }) {
  return (
    <span className={classes.stream}>
      <bdi>{text.slice(-STREAMED)}</bdi>
    </span>
  );
}

const SHOWN = ["failed", "asking", "waiting", "retrying", "paused", "running", "completed", "skipped"];

/** How many steps of a node stand how; the most urgent first, no more than fit. */
function Counts({ counts }: { counts: Record<string, number> }) {
  const present = SHOWN.filter((status) => (counts[status] ?? 0) > 0).slice(0, 3);
  return (
    <span className={classes.counts}>
      {present.map((status) => (
        <span key={status} className={classes.count} data-tone={lookOf(status).tone satisfies Tone}>
          <StatusIcon status={status} size={13} />
          {counts[status]}
        </span>
      ))}
    </span>
  );
}

function isFocused(node: string, focus: string | null): boolean {
  return focus !== null && focusedPath(node, focus) !== null;
}
