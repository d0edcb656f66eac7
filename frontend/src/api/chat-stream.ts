import { Patience, readEvents } from "./event-source";
import type { ChatMessage, ChatSession, RunEvent } from "./generated/perdure.schemas";
import { ApiError } from "./problem";
import type { StreamState } from "./run-stream";

/** Something that happened in a conversation. */
export type ChatNews =
  | { kind: "message" | "done"; message: ChatMessage }
  | { kind: "session"; session: ChatSession }
  | { kind: "event"; messageId: string; event: RunEvent };

interface Listener {
  onNews(news: ChatNews[]): void;
  onState(state: StreamState): void;
}

/** Follow a conversation from a place on, over any number of broken connections, until the reader leaves. */
export async function followChat(
  sessionId: string,
  after: string,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  const patience = new Patience();
  let place = after;
  while (!signal.aborted) {
    try {
      await readEvents(
        `/v1/chat/sessions/${sessionId}/events?after=${encodeURIComponent(place)}`,
        signal,
        () => listener.onState("live"),
        (messages) => {
          place = messages.findLast(({ id }) => id)?.id ?? place;
          patience.renew();
          listener.onNews(messages.map(({ event, data }) => newsOf(event ?? "", JSON.parse(data))));
        },
      );
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && !error.temporary) throw error;
    }
    if (signal.aborted) return;
    listener.onState("reconnecting");
    await patience.wait(signal);
  }
}

interface RunNews {
  message_id: string;
  event: RunEvent;
}

function newsOf(name: string, data: unknown): ChatNews {
  if (name === "message" || name === "done") return { kind: name, message: data as ChatMessage };
  if (name === "session") return { kind: name, session: data as ChatSession };
  const { message_id, event } = data as RunNews;
  return { kind: "event", messageId: message_id, event };
}
