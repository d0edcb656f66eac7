import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { RunStep } from "@/api/generated/perdure.schemas";
import { stepsQuery } from "@/api/queries/runs";
import type { StepState } from "@/lib/run-state";

/** A step with its input and output; read anew whenever its events say that it has changed. */
export function useStepRow(runId: string, attempt: number, step: StepState): RunStep | undefined {
  const state = [step.status, step.endedAt, attempt].join();
  const { data } = useQuery({ ...stepsQuery(runId, step.path, state), placeholderData: keepPreviousData });
  return data?.items.find((item) => item.iteration === step.iteration);
}
