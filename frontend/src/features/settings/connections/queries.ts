import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import {
  listConnectionActions,
  listConnectionApps,
  listConnectionCalls,
  listConnectionProviders,
  listConnections,
} from "@/api/generated/connections";

/** What changes together, as query keys. */
export const connectionKeys = {
  all: ["settings", "connections"],
  list: ["settings", "connections", "list"],
  apps: ["settings", "connections", "apps"],
} as const;

export const providersQuery = queryOptions({
  queryKey: [...connectionKeys.all, "providers"],
  queryFn: ({ signal }) => listConnectionProviders({ signal }),
});

export const appsQuery = queryOptions({
  queryKey: connectionKeys.apps,
  queryFn: ({ signal }) => listConnectionApps({ signal }),
});

export const connectionsQuery = infiniteQueryOptions({
  queryKey: connectionKeys.list,
  queryFn: ({ pageParam, signal }) =>
    listConnections(pageParam === null ? {} : { cursor: pageParam }, { signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});

export const actionsQuery = (id: string) =>
  queryOptions({
    queryKey: [...connectionKeys.all, "actions", id],
    queryFn: ({ signal }) => listConnectionActions(id, { signal }),
  });

export const callsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...connectionKeys.all, "calls", id],
    queryFn: ({ pageParam, signal }) =>
      listConnectionCalls(id, pageParam === null ? {} : { cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
