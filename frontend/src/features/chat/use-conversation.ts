import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { type ChatNews, followChat } from "@/api/chat-stream";
import type { ChatMessage, ChatSession } from "@/api/generated/perdure.schemas";
import { chatKeys, chatMessagesQuery, chatSessionQuery } from "@/api/queries/agents";
import type { StreamState } from "@/api/run-stream";
import { type Block, withEvents } from "@/lib/agent-blocks";
import { branchTo, withMessages } from "./branch";

interface Heard {
  session: ChatSession | null;
  messages: ReadonlyMap<string, ChatMessage>;
  /** What agents have said and done while this page was open, by message. */
  blocks: ReadonlyMap<string, Block[]>;
  stream: StreamState;
  failure: unknown;
}

const NOTHING: Heard = {
  session: null,
  messages: new Map(),
  blocks: new Map(),
  stream: "connecting",
  failure: null,
};

/** A conversation as it is stored and as it goes on: the branch that is shown, with all that happens in it. */
export function useConversation(id: string) {
  const client = useQueryClient();
  const stored = useQuery(chatSessionQuery(id));
  const page = useQuery(chatMessagesQuery(id));
  const [heard, setHeard] = useState(NOTHING);
  const cursor = stored.data?.cursor;
  useEffect(() => {
    if (cursor === undefined) return;
    const gate = new AbortController();
    const onNews = (news: ChatNews[]) => {
      if (gate.signal.aborted) return;
      setHeard((before) => news.reduce(after, before));
      if (news.some(({ kind }) => kind === "session" || kind === "done"))
        void client.invalidateQueries({ queryKey: chatKeys.lists });
    };
    const onState = (stream: StreamState) => setHeard((before) => ({ ...before, stream }));
    followChat(id, cursor, { onNews, onState }, gate.signal).catch((failure: unknown) =>
      setHeard((before) => ({ ...before, failure })),
    );
    return () => gate.abort();
  }, [id, cursor, client]);
  const session = newerOf(stored.data, heard.session);
  const known = useMemo(
    () =>
      withMessages(new Map((page.data?.items ?? []).map((one) => [one.id, one])), [
        ...heard.messages.values(),
      ]),
    [page.data, heard.messages],
  );
  const head = session?.head_id ?? null;
  const branch = useMemo(() => branchTo(known, head), [known, head]);
  const { refetch } = page;
  useEffect(() => {
    // Somebody shows another branch, of which nothing was loaded.
    if (branch === null && !page.isFetching) void refetch();
  }, [branch, page.isFetching, refetch]);
  const accept = useCallback(
    (messages: ChatMessage[]) =>
      setHeard((before) => ({ ...before, messages: withMessages(before.messages, messages) })),
    [],
  );
  const settle = useCallback((next: ChatSession) => setHeard((before) => ({ ...before, session: next })), []);
  return {
    session,
    branch,
    blocks: heard.blocks,
    stream: heard.stream,
    error: stored.error ?? page.error ?? heard.failure,
    accept,
    settle,
  };
}

function after(heard: Heard, news: ChatNews): Heard {
  switch (news.kind) {
    case "session":
      return { ...heard, session: news.session };
    case "message":
    case "done":
      return { ...heard, messages: withMessages(heard.messages, [news.message]) };
    default: {
      const before = heard.blocks.get(news.messageId) ?? [];
      return {
        ...heard,
        blocks: new Map(heard.blocks).set(news.messageId, withEvents(before, [news.event])),
      };
    }
  }
}

function newerOf(stored: ChatSession | undefined, heard: ChatSession | null): ChatSession | undefined {
  if (heard === null) return stored;
  return stored === undefined || heard.revision >= stored.revision ? heard : stored;
}
