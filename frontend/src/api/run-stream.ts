import { Patience, readEvents } from "./event-source";
import type { RunEvent } from "./generated/perdure.schemas";
import { ApiError } from "./problem";

export type StreamState = "connecting" | "live" | "reconnecting" | "ended";

interface Listener {
  onEvents(events: RunEvent[]): void;
  onState(state: StreamState): void;
}

/**
 * Follow a run from an event on to its last, over any number of broken connections: events carry gapless numbers, so
 * each reconnect goes on behind the last one seen.
 */
export async function followRun(
  runId: string,
  after: number,
  listener: Listener,
  signal: AbortSignal,
): Promise<void> {
  const patience = new Patience();
  let seen = after;
  listener.onState("connecting");
  while (!signal.aborted) {
    try {
      const ended = await readEvents(
        `/v1/runs/${runId}/events?after=${seen}`,
        signal,
        () => listener.onState("live"),
        (messages) => {
          const events = messages.map(({ data }) => JSON.parse(data) as RunEvent);
          const fresh = events.filter((event) => event.seq > seen);
          if (fresh.length === 0) return;
          seen = fresh.at(-1)?.seq ?? seen;
          patience.renew();
          listener.onEvents(fresh);
        },
      );
      if (ended) return listener.onState("ended");
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && !error.temporary) throw error;
    }
    listener.onState("reconnecting");
    await patience.wait(signal);
  }
}
