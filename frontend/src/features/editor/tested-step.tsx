import { Stack } from "@mantine/core";
import { stepOf, useRun } from "@/components/live-run/run-store";
import { StepResult } from "@/components/live-run/step-result";
import { useStepRow } from "@/components/live-run/use-step-row";
import type { StepState } from "@/lib/run-state";
import { useTestRun } from "./test-run";

interface Props {
  path: string;
}

/** What a step has done in the test that is painted on the canvas. */
export function TestedStep({ path }: Props) {
  const runId = useTestRun((test) => test.runId);
  const step = useRun((run) => stepOf(run, path));
  if (runId === null || step === undefined) return null;
  return (
    <Stack gap="sm" component="section" aria-label="In this test">
      <Tested runId={runId} step={step} />
    </Stack>
  );
}

function Tested({ runId, step }: { runId: string; step: StepState }) {
  return <StepResult step={step} row={useStepRow(runId, 1, step)} />;
}
