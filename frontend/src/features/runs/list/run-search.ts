import type { RunFilter } from "@/api/generated/perdure.schemas";
import { groupOf } from "./run-groups";

/** Which runs are listed, as it stands in the address. */
export interface RunSearch {
  status?: string;
  workflow?: string;
  text?: string;
  /** How far back: `24h`. */
  since?: string;
  trigger?: string;
  by?: string;
  /** Least cost in US dollars. */
  cost?: string;
}

const HOUR = 3_600_000;

export const PERIODS: readonly { value: string; label: string; span: number }[] = [
  { value: "1h", label: "Last hour", span: HOUR },
  { value: "24h", label: "Last 24 hours", span: 24 * HOUR },
  { value: "7d", label: "Last 7 days", span: 7 * 24 * HOUR },
  { value: "30d", label: "Last 30 days", span: 30 * 24 * HOUR },
];

const LEAST_TEXT = 2;

/** The filter of the API that an address means. */
export function filterOf(search: RunSearch, now: number): RunFilter {
  const { status } = groupOf(search.status);
  const span = PERIODS.find(({ value }) => value === search.since)?.span;
  const cost = Number(search.cost);
  return {
    ...(status ? { status } : {}),
    ...(search.workflow ? { workflow: search.workflow } : {}),
    ...((search.text?.length ?? 0) >= LEAST_TEXT ? { input_contains: search.text } : {}),
    ...(span === undefined ? {} : { created_after: new Date(now - span).toISOString() }),
    ...(search.trigger ? { trigger: [search.trigger] } : {}),
    ...(search.by ? { started_by: search.by } : {}),
    ...(search.cost && cost > 0 ? { cost_min: cost } : {}),
  };
}

/** The same without what is empty, so that no condition is written as nothing. */
export function cleaned(search: RunSearch): RunSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value));
}

/** Whether two addresses list the same runs. */
export function isSame(one: RunSearch, other: RunSearch): boolean {
  const text = (search: RunSearch) => JSON.stringify(Object.entries(cleaned(search)).sort());
  return text(one) === text(other);
}
