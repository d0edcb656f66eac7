import { queryOptions } from "@tanstack/react-query";
import { getRunTree } from "@/api/generated/runs";
import { runKeys } from "@/api/queries/runs";

/** A run with those that it has started, and those that have led to it. */
export function runTreeQuery(id: string) {
  return queryOptions({
    queryKey: [...runKeys.one(id), "tree"] as const,
    queryFn: ({ signal }) => getRunTree(id, {}, { signal }),
  });
}
