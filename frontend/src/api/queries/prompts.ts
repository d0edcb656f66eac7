import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getPrompt, getPromptUses, getPromptVersion, listPrompts } from "../generated/prompts";

export const promptKeys = {
  all: ["prompts"] as const,
  one: (name: string) => ["prompts", "one", name] as const,
};

/** Prompts by name. */
export const promptsQuery = infiniteQueryOptions({
  queryKey: [...promptKeys.all, "list"] as const,
  queryFn: ({ pageParam, signal }) =>
    listPrompts({ limit: 200, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});

/** A prompt with its versions and labels. */
export function promptQuery(name: string) {
  return queryOptions({
    queryKey: promptKeys.one(name),
    queryFn: ({ signal }) => getPrompt(name, { signal }),
  });
}

/** The text of a version; it never changes. */
export function promptVersionQuery(name: string, version: number) {
  return queryOptions({
    queryKey: [...promptKeys.one(name), "version", version] as const,
    queryFn: ({ signal }) => getPromptVersion(name, version, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What names a prompt. */
export function promptUsesQuery(name: string) {
  return queryOptions({
    queryKey: [...promptKeys.one(name), "uses"] as const,
    queryFn: ({ signal }) => getPromptUses(name, { signal }),
  });
}
