import type { RecentRun } from "@/api/generated/perdure.schemas";
import { lookOf, type Tone } from "@/components/status";
import { groupBy } from "@/lib/collections";

export interface Bar {
  id: string;
  tone: Tone;
  /** From 0 to 1. */
  height: number;
  /** Failed ones carry a mark as well, for whoever does not see the colours. */
  failed: boolean;
}

const SHORTEST = 0.25;

/** A bar for each run, as high as it took long among the others; one that goes on is as low as possible. */
export function sparkBars(runs: readonly RecentRun[]): Bar[] {
  const longest = Math.max(0, ...runs.map(({ seconds }) => seconds ?? 0));
  return runs.map(({ id, status, seconds }) => {
    const { tone } = lookOf(status);
    const share = longest > 0 && seconds !== null ? seconds / longest : 0;
    return { id, tone, height: Math.max(SHORTEST, share), failed: tone === "failed" };
  });
}

/** The same in words. */
export function sparkWords(runs: readonly RecentRun[]): string {
  if (runs.length === 0) return "It has not run yet";
  const statuses = groupBy(runs, ({ status }) => status);
  const parts = [...statuses].map(
    ([status, these]) => `${these.length} ${lookOf(status).label.toLowerCase()}`,
  );
  return `The last ${runs.length === 1 ? "run" : `${runs.length} runs`}: ${parts.join(", ")}`;
}
