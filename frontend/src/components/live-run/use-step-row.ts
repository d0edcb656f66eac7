import { useQuery } from "@tanstack/react-query";
import type { RunStep } from "@/api/generated/perdure.schemas";
import { stepQuery } from "@/api/queries/runs";
import type { StepState } from "@/lib/run-state";

/** A step with its input and output; read anew whenever its events say that it has changed. */
export function useStepRow(runId: string, attempt: number, step: StepState): RunStep | undefined {
  const state = [step.status, step.endedAt, attempt].join();
  const isOfIt = (row?: RunStep | null) => row?.path === step.path && row.iteration === step.iteration;
  const { data } = useQuery({
    ...stepQuery(runId, step.path, step.iteration, state),
    // Until it is there, how the step was before; never another step.
    placeholderData: (previous) => (isOfIt(previous) ? previous : undefined),
  });
  return data ?? undefined;
}
