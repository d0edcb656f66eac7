import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { FaultList, ListWorkflowsParams } from "../generated/perdure.schemas";
import {
  getDraft,
  getValidateDocumentUrl,
  getWorkflow,
  getWorkflowVersion,
  listWorkflows,
} from "../generated/workflows";
import { request } from "../request";

export const workflowKeys = {
  all: ["workflows"] as const,
  one: (slug: string) => ["workflows", "one", slug] as const,
};

type WorkflowFilter = Omit<ListWorkflowsParams, "cursor" | "limit">;

/** Workflows by slug. */
export function workflowsQuery(filter: WorkflowFilter = {}) {
  return infiniteQueryOptions({
    queryKey: [...workflowKeys.all, "list", filter] as const,
    queryFn: ({ pageParam, signal }) =>
      listWorkflows(
        { ...filter, limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** The draft of a workflow as it is when its editor is opened. */
export function draftQuery(slug: string) {
  return queryOptions({
    queryKey: [...workflowKeys.one(slug), "draft"] as const,
    queryFn: ({ signal }) => getDraft(slug, { signal }),
    // What is edited must not change under the editor's hands; it finds out about others when it saves.
    staleTime: Number.POSITIVE_INFINITY,
    // It may be read before the editor's code is there, and is forgotten when the editor is closed.
    gcTime: 30_000,
  });
}

/** The draft of a workflow as it is stored now, for whoever only looks at it: never what an editor began with. */
export function storedDraftQuery(slug: string) {
  return queryOptions({
    queryKey: [...workflowKeys.one(slug), "stored draft"] as const,
    queryFn: ({ signal }) => getDraft(slug, { signal }),
    staleTime: 0,
    gcTime: 0,
  });
}

/** A workflow and its versions. */
export function workflowQuery(slug: string) {
  return queryOptions({
    queryKey: workflowKeys.one(slug),
    queryFn: ({ signal }) => getWorkflow(slug, { signal }),
  });
}

/** A version with its document; it never changes. */
export function versionQuery(slug: string, version: number) {
  return queryOptions({
    queryKey: [...workflowKeys.one(slug), "version", version] as const,
    queryFn: ({ signal }) => getWorkflowVersion(slug, version, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** All faults of a YAML text, with their places in it. */
export function validateText(text: string, signal?: AbortSignal): Promise<FaultList> {
  return request<FaultList>(getValidateDocumentUrl(), {
    method: "POST",
    body: text,
    headers: { "content-type": "application/yaml" },
    ...(signal ? { signal } : {}),
  });
}
