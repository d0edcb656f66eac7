import { focusedPath } from "@/components/live-run/run-store";
import { lookOf } from "@/components/status";
import { duration } from "@/lib/format";
import type { RunState, StepState } from "@/lib/run-state";

const INTERESTING = ["failed", "asking", "retrying", "running", "waiting"];

/** Keys of all steps that a choice on the canvas or in a list means. */
export function stepsOf(state: RunState, chosen: string, focus: string | null): string[] {
  const node = state.steps[chosen]?.node ?? chosen;
  const path = focus === null ? null : focusedPath(node, focus);
  return state.order.filter((key) => {
    const step = state.steps[key];
    return step?.node === node && (path === null || step.path === path);
  });
}

/** The step to show first: the one that was chosen, or the one that needs a look most, or the latest. */
export function chooseStep(state: RunState, keys: string[], chosen: string): string | null {
  if (keys.includes(chosen)) return chosen;
  for (const status of INTERESTING) {
    const found = keys.find((key) => state.steps[key]?.status === status);
    if (found) return found;
  }
  return keys.findLast((key) => state.steps[key]?.status !== "skipped") ?? keys.at(-1) ?? null;
}

/** A step among others of its node. */
export function stepLabel(step: StepState | undefined, key: string): string {
  if (!step) return key;
  const round = step.iteration > 0 ? ` · round ${step.iteration + 1}` : "";
  const span =
    step.startedAt && step.endedAt
      ? ` · ${duration(Date.parse(step.endedAt) - Date.parse(step.startedAt))}`
      : "";
  return `${step.path}${round} · ${lookOf(step.status).label.toLowerCase()}${span}`;
}
