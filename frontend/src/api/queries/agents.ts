import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { getAgent, getAgentDraft, getAgentUses, getAgentVersion, listAgents } from "../generated/agents";
import { getChatSession, listChatMessages, listChatSessions } from "../generated/chat";
import type { ListAgentsParams } from "../generated/perdure.schemas";
import { getRunTranscript } from "../generated/runs";
import { runKeys } from "./runs";

export const agentKeys = {
  all: ["agents"] as const,
  one: (slug: string) => ["agents", "one", slug] as const,
};

export const chatKeys = {
  all: ["chat"] as const,
  lists: ["chat", "list"] as const,
  one: (id: string) => ["chat", "one", id] as const,
};

/** Agents by slug. */
export function agentsQuery(filter: Omit<ListAgentsParams, "cursor" | "limit"> = {}) {
  return infiniteQueryOptions({
    queryKey: [...agentKeys.all, "list", filter] as const,
    queryFn: ({ pageParam, signal }) =>
      listAgents({ ...filter, limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

/** An agent and its versions. */
export function agentQuery(slug: string) {
  return queryOptions({
    queryKey: agentKeys.one(slug),
    queryFn: ({ signal }) => getAgent(slug, { signal }),
  });
}

/** The draft of an agent as it is stored; the form finds out about others when it saves. */
export function agentDraftQuery(slug: string) {
  return queryOptions({
    queryKey: [...agentKeys.one(slug), "draft"] as const,
    queryFn: ({ signal }) => getAgentDraft(slug, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** A version of an agent; it never changes. */
export function agentVersionQuery(slug: string, version: number) {
  return queryOptions({
    queryKey: [...agentKeys.one(slug), "version", version] as const,
    queryFn: ({ signal }) => getAgentVersion(slug, version, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** What names an agent. */
export function agentUsesQuery(slug: string) {
  return queryOptions({
    queryKey: [...agentKeys.one(slug), "uses"] as const,
    queryFn: ({ signal }) => getAgentUses(slug, { signal }),
  });
}

/** Conversations with an agent, the latest first: the caller's own, or all that people answer in. */
export function chatSessionsQuery(agent: string, people = false) {
  return infiniteQueryOptions({
    queryKey: [...chatKeys.lists, agent, people] as const,
    queryFn: ({ pageParam, signal }) =>
      listChatSessions(
        {
          agent,
          ...(people && { mine: false, status: "human" as const }),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
}

const LATEST = 10;

/** The caller's latest conversations, with whichever agent. */
export const latestChatsQuery = queryOptions({
  queryKey: [...chatKeys.lists, "latest"] as const,
  queryFn: ({ signal }) => listChatSessions({ limit: LATEST }, { signal }),
});

/** A conversation, with the place from which its stream goes on. */
export function chatSessionQuery(id: string) {
  return queryOptions({
    queryKey: chatKeys.one(id),
    queryFn: ({ signal }) => getChatSession(id, { signal }),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The latest messages of the branch that is shown. */
export function chatMessagesQuery(id: string) {
  return queryOptions({
    queryKey: [...chatKeys.one(id), "messages"] as const,
    queryFn: ({ signal }) => listChatMessages(id, { limit: 500 }, { signal }),
    gcTime: 0,
  });
}

/** All that was said and done in a run of an agent. */
export function transcriptQuery(runId: string) {
  return queryOptions({
    queryKey: [...runKeys.one(runId), "transcript"] as const,
    queryFn: ({ signal }) => getRunTranscript(runId, { limit: 1_000 }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
}
