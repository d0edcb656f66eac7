import { createParser, type EventSourceMessage } from "eventsource-parser";
import { send } from "./request";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/**
 * One connection to a stream of events; whether everything was told. Not an EventSource, because that cannot send a
 * token.
 */
export async function readEvents(
  path: string,
  signal: AbortSignal,
  onOpen: () => void,
  onMessages: (messages: EventSourceMessage[]) => void,
): Promise<boolean> {
  const response = await send(path, { headers: { accept: "text/event-stream" }, signal });
  if (response.status === 204 || response.body === null) return true;
  onOpen();
  let batch: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => batch.push(message) });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return false;
    parser.feed(decoder.decode(value, { stream: true }));
    if (batch.length > 0) onMessages(batch);
    batch = [];
  }
}

/** Waits between attempts to connect, longer each time until something came. */
export class Patience {
  private next = FIRST_WAIT;

  renew(): void {
    this.next = FIRST_WAIT;
  }

  async wait(signal: AbortSignal): Promise<void> {
    await pause(this.next, signal);
    this.next = Math.min(this.next * 2, LONGEST_WAIT);
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
