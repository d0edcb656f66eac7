import { ReactFlowProvider } from "@xyflow/react";
import { useMemo } from "react";
import type { RunDifference, RunSummary, StepDifference } from "@/api/generated/perdure.schemas";
import { RunStoreProvider } from "@/components/live-run/run-store";
import { useLiveRun } from "@/components/live-run/use-live-run";
import { nodePath } from "@/lib/run-state";
import { RunGraph } from "../run-graph";
import classes from "./compared-graphs.module.css";

interface Props {
  difference: RunDifference;
  steps: readonly StepDifference[];
  /** Path of a node in the drawing. */
  selected: string | null;
  onSelect: (node: string | null) => void;
}

/** Both runs painted beside each other; where they differ is framed. */
export function ComparedGraphs({ difference, steps, ...choice }: Props) {
  const differing = useMemo(
    () => new Set(steps.filter(isDifferent).map(({ path }) => nodePath(path))),
    [steps],
  );
  return (
    <div className={classes.graphs}>
      <PaintedRun title="This run" run={difference.run} differing={differing} {...choice} />
      <PaintedRun title="The other run" run={difference.other} differing={differing} {...choice} />
    </div>
  );
}

function isDifferent({ difference }: StepDifference): boolean {
  return difference !== "same" && difference !== "kept";
}

interface PaintedProps extends Pick<Props, "selected" | "onSelect"> {
  title: string;
  run: RunSummary;
  differing: ReadonlySet<string>;
}

function PaintedRun({ title, run, differing, selected, onSelect }: PaintedProps) {
  const store = useLiveRun(run.id, run.attempt);
  return (
    <figure className={classes.graph}>
      <figcaption className={classes.caption}>{title}</figcaption>
      <div className={classes.canvas}>
        <RunStoreProvider value={store}>
          <ReactFlowProvider>
            <RunGraph
              slug={run.workflow}
              version={run.version}
              selected={selected}
              onSelect={onSelect}
              framed={differing}
              label={`Graph of ${title.toLowerCase()}`}
            />
          </ReactFlowProvider>
        </RunStoreProvider>
      </div>
    </figure>
  );
}
