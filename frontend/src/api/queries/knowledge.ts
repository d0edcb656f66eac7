import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { listFiles } from "../generated/files";
import {
  getKnowledgeBase,
  listKnowledgeBases,
  listKnowledgeChunks,
  listKnowledgeDocuments,
} from "../generated/knowledge";
import { listMemories } from "../generated/memories";
import type { ListMemoriesParams } from "../generated/perdure.schemas";

export const knowledgeKeys = {
  all: ["knowledge"] as const,
  one: (slug: string) => ["knowledge", "one", slug] as const,
  documents: (slug: string) => ["knowledge", "one", slug, "documents"] as const,
  memories: ["memories"] as const,
  files: ["files"] as const,
};

/** How often a document that is taken in is looked at. */
const PROGRESS = 1_500;

/** Knowledge bases by slug. */
export const basesQuery = infiniteQueryOptions({
  queryKey: [...knowledgeKeys.all, "list"] as const,
  queryFn: ({ pageParam, signal }) =>
    listKnowledgeBases({ limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (page) => page.next_cursor,
});

/** A knowledge base and how much is in it. */
export function baseQuery(slug: string) {
  return queryOptions({
    queryKey: knowledgeKeys.one(slug),
    queryFn: ({ signal }) => getKnowledgeBase(slug, { signal }),
  });
}

/** Documents, the newest first; looked at again as long as one is taken in. */
export function documentsQuery(slug: string) {
  return infiniteQueryOptions({
    queryKey: knowledgeKeys.documents(slug),
    queryFn: ({ pageParam, signal }) =>
      listKnowledgeDocuments(slug, pageParam === null ? {} : { cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: ({ state }) =>
      state.data?.pages.some(({ items }) =>
        items.some(({ status }) => status === "pending" || status === "running"),
      )
        ? PROGRESS
        : false,
  });
}

/** The pieces that a document was cut into. */
export function chunksQuery(slug: string, documentId: string) {
  return infiniteQueryOptions({
    queryKey: [...knowledgeKeys.documents(slug), documentId, "chunks"] as const,
    queryFn: ({ pageParam, signal }) =>
      listKnowledgeChunks(slug, documentId, pageParam === null ? {} : { cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** Facts that agents keep, the newest first. */
export function memoriesQuery(filter: Omit<ListMemoriesParams, "cursor" | "limit">) {
  return infiniteQueryOptions({
    queryKey: [...knowledgeKeys.memories, filter] as const,
    queryFn: ({ pageParam, signal }) =>
      listMemories({ ...filter, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** Files of the workspace, the newest first. */
export function filesQuery(folder: string) {
  return infiniteQueryOptions({
    queryKey: [...knowledgeKeys.files, folder] as const,
    queryFn: ({ pageParam, signal }) =>
      listFiles(
        { ...(folder && { folder }), ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}
