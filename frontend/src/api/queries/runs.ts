import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ListRunsParams, RunStep, RunSummary, StepPage } from "../generated/perdure.schemas";
import { getRun, listRunSteps, listRuns, listRunViews } from "../generated/runs";

export const runKeys = {
  all: ["runs"] as const,
  one: (id: string) => ["runs", "one", id] as const,
};

const POLL = 4_000;

/** Pages of runs, the newest first; while one of them may change, they are read again from time to time. */
export function runsQuery(filter: Omit<ListRunsParams, "cursor" | "limit">) {
  return infiniteQueryOptions({
    queryKey: [...runKeys.all, "list", filter] as const,
    queryFn: ({ pageParam, signal }) =>
      listRuns({ ...filter, limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: POLL,
  });
}

/** The filters of the list that the person keeps under names. */
export const runViewsQuery = queryOptions({
  queryKey: [...runKeys.all, "views"] as const,
  queryFn: ({ signal }) => listRunViews({ signal }),
  staleTime: 60_000,
});

/** A run with its data. */
export function runQuery(id: string) {
  return queryOptions({
    queryKey: runKeys.one(id),
    queryFn: ({ signal }) => getRun(id, { signal }),
  });
}

/** Steps of a run in the order in which they began, page by page; all of them, or those with a path. */
export async function* stepsOf(run: string, signal: AbortSignal, path?: string): AsyncGenerator<RunStep> {
  let from: { cursor?: string } | null = {};
  while (from !== null) {
    const asked = { limit: 1_000, ...(path === undefined ? {} : { path }), ...from };
    const { items, next_cursor }: StepPage = await listRunSteps(run, asked, { signal });
    yield* items;
    from = next_cursor === null ? null : { cursor: next_cursor };
  }
}

/** One iteration of a step, with input and output; null if there is none. It is read anew when `state` is another one. */
export function stepQuery(id: string, path: string, iteration: number, state: string) {
  return queryOptions({
    queryKey: [...runKeys.one(id), "step", path, iteration, state] as const,
    queryFn: async ({ signal }) => {
      for await (const step of stepsOf(id, signal, path)) if (step.iteration === iteration) return step;
      return null;
    },
  });
}

/** Child runs of a run. */
export function childRunsQuery(id: string) {
  return queryOptions({
    queryKey: [...runKeys.one(id), "children"] as const,
    queryFn: ({ signal }) => listRuns({ parent: id, limit: 100 }, { signal }),
  });
}

const ENDED: readonly RunSummary["status"][] = ["completed", "failed", "cancelled", "terminated"];

/** Whether a run is over. */
export function hasEnded(status: RunSummary["status"]): boolean {
  return ENDED.includes(status);
}
