import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { countApprovals, getApproval, listApprovals, listApprovalViews } from "../generated/approvals";
import type { ListApprovalsParams } from "../generated/perdure.schemas";

export const approvalKeys = {
  all: ["approvals"] as const,
  lists: ["approvals", "list"] as const,
  /** Under the lists, for whatever changes them changes how many there are. */
  counts: ["approvals", "list", "counts"] as const,
  views: ["approvals", "views"] as const,
  one: (id: string) => ["approvals", "one", id] as const,
};

/** Pages of requests to people. */
export function approvalsQuery(filter: Omit<ListApprovalsParams, "cursor" | "limit">) {
  return infiniteQueryOptions({
    queryKey: [...approvalKeys.lists, filter] as const,
    queryFn: ({ pageParam, signal }) =>
      listApprovals(
        { ...filter, limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 4_000,
  });
}

/** How many requests each view holds. */
export const approvalCountsQuery = queryOptions({
  queryKey: approvalKeys.counts,
  queryFn: ({ signal }) => countApprovals({ signal }),
  refetchInterval: 15_000,
});

/** The filters that the person keeps under names. */
export const approvalViewsQuery = queryOptions({
  queryKey: approvalKeys.views,
  queryFn: ({ signal }) => listApprovalViews({ signal }),
});

/** One request to a person. */
export function approvalQuery(id: string) {
  return queryOptions({
    queryKey: approvalKeys.one(id),
    queryFn: ({ signal }) => getApproval(id, { signal }),
    refetchInterval: 8_000,
  });
}
