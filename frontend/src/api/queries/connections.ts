import { queryOptions } from "@tanstack/react-query";
import { listConnectionActions, listConnections } from "../generated/connections";
import type { Connection } from "../generated/perdure.schemas";

/** Every connection of the workspace by name, to choose one of. */
export const connectionChoicesQuery = queryOptions({
  queryKey: ["settings", "connections", "choices"] as const,
  queryFn: async ({ signal }) => {
    const found: Connection[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listConnections>> = await listConnections(
        { limit: 100, ...(cursor === null ? {} : { cursor }) },
        { signal },
      );
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    return found;
  },
});

/** What a connection can do; nothing without one. */
export const connectionActionsQuery = (id: string | undefined) =>
  queryOptions({
    queryKey: ["settings", "connections", "actions", id] as const,
    queryFn: ({ signal }) => listConnectionActions(id ?? "", { signal }),
    select: ({ items }) => items,
    enabled: id !== undefined,
  });
