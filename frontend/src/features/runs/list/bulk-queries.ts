import { queryOptions } from "@tanstack/react-query";
import { listBulkItems, listBulkJobs } from "@/api/generated/bulk";
import type { BulkJob } from "@/api/generated/perdure.schemas";

export const bulkKeys = {
  preview: ["bulk", "preview"] as const,
  jobs: ["bulk", "jobs"] as const,
  items: (id: string) => ["bulk", "items", id] as const,
};

const WHILE_BUSY = 1_000;
const OTHERWISE = 30_000;

/** The latest operations on many runs; looked at often while one of them goes on. */
export const bulkJobsQuery = queryOptions({
  queryKey: bulkKeys.jobs,
  queryFn: ({ signal }) => listBulkJobs({ limit: 10 }, { signal }),
  refetchInterval: ({ state }) => (state.data?.items.some(isBusy) ? WHILE_BUSY : OTHERWISE),
});

/** Runs with which a job could do nothing, and why. */
export function bulkTroublesQuery(id: string) {
  return queryOptions({
    queryKey: bulkKeys.items(id),
    queryFn: async ({ signal }) => {
      const [failed, skipped] = await Promise.all([
        listBulkItems(id, { outcome: "failed", limit: 100 }, { signal }),
        listBulkItems(id, { outcome: "skipped", limit: 100 }, { signal }),
      ]);
      return [...failed.items, ...skipped.items];
    },
  });
}

/** Whether a job still does something. */
export function isBusy({ status }: BulkJob): boolean {
  return status === "pending" || status === "running" || status === "stopping";
}
