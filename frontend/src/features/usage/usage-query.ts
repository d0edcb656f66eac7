import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { getUsage, getUsageReport } from "@/api/generated/workspace";

const DAY = 86_400_000;

/** Usage of the latest days, in UTC. */
export function usageQuery(days: number, workflow: string | undefined) {
  const last = Date.now();
  const params = {
    first: dayOf(last - (days - 1) * DAY),
    last: dayOf(last),
    ...(workflow ? { workflow } : {}),
  };
  return queryOptions({
    queryKey: ["usage", params] as const,
    queryFn: ({ signal }) => getUsageReport(params, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    refetchInterval: 60_000,
  });
}

/** What of the workspace's quotas is used. */
export const quotaUseQuery = queryOptions({
  queryKey: ["usage", "quotas"] as const,
  queryFn: ({ signal }) => getUsage({ signal }),
});

function dayOf(moment: number): string {
  return new Date(moment).toISOString().slice(0, 10);
}
