import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { ListRunsParams, RunSummary } from "../generated/perdure.schemas";
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

/** All steps with a path: its iterations, with input and output. They are read anew when `state` is another one. */
export function stepsQuery(id: string, path: string, state: string) {
  return queryOptions({
    queryKey: [...runKeys.one(id), "steps", path, state] as const,
    queryFn: ({ signal }) => listRunSteps(id, { path, limit: 200 }, { signal }),
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
