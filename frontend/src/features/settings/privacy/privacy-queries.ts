import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import {
  getMasking,
  getRetention,
  listDataKeys,
  listLegalHolds,
  listPrivacyJobs,
} from "@/api/generated/privacy";

const ROOT = ["settings", "privacy"] as const;

export const privacyKeys = {
  masking: [...ROOT, "masking"],
  retention: [...ROOT, "retention"],
  holds: [...ROOT, "holds"],
  keys: [...ROOT, "keys"],
  jobs: [...ROOT, "jobs"],
} as const;

export const maskingQuery = queryOptions({
  queryKey: privacyKeys.masking,
  queryFn: ({ signal }) => getMasking({ signal }),
});

export const retentionQuery = queryOptions({
  queryKey: privacyKeys.retention,
  queryFn: ({ signal }) => getRetention({ signal }),
});

export const holdsQuery = infiniteQueryOptions({
  queryKey: privacyKeys.holds,
  queryFn: ({ pageParam, signal }) =>
    listLegalHolds(pageParam === null ? {} : { cursor: pageParam }, { signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});

export const dataKeysQuery = queryOptions({
  queryKey: privacyKeys.keys,
  queryFn: ({ signal }) => listDataKeys({ signal }),
});

const LOOK_AGAIN = 2_000;

/** Jobs, read again and again while one is under way. */
export const jobsQuery = queryOptions({
  queryKey: privacyKeys.jobs,
  queryFn: ({ signal }) => listPrivacyJobs({ limit: 20 }, { signal }),
  refetchInterval: ({ state }) =>
    state.data?.items.some((job) => job.status === "running" || job.status === "pending")
      ? LOOK_AGAIN
      : false,
});
