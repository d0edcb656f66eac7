import type { QueryKey, UseQueryOptions } from "@tanstack/react-query";
import { createQueryClient } from "@/api/query-client";

export const queryClient = createQueryClient();

/** Begin to read what a page will ask for while its code is still on its way. */
export function early<Data, Shown, Key extends QueryKey>(
  query: UseQueryOptions<Data, Error, Shown, Key>,
): void {
  const { select: _, ...read } = query;
  void queryClient.prefetchQuery(read as UseQueryOptions<Data, Error, Data, Key>);
}
