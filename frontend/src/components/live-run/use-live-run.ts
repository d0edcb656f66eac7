import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import type { RunEvent } from "@/api/generated/perdure.schemas";
import { runKeys } from "@/api/queries/runs";
import { followRun, type StreamState } from "@/api/run-stream";
import { createRunStore, type RunStore, receive } from "./run-store";

/** Text streams in faster than it can be read; the page is drawn anew at most so often. */
const FRAME = 80;

/** Events after which the run waits for something else than before. */
const TELLING = new Set<string>([
  "step.waiting",
  "step.retrying",
  "approval.opened",
  "approval.decided",
  "approval.expired",
]);

/** Follow one run for as long as its page is open; a retry begins another attempt, after the end of the last one. */
export function useLiveRun(runId: string, attempt: number): RunStore {
  const [store] = useState(createRunStore);
  useFollow(store, runId, attempt);
  return store;
}

/** Follow now this run, now that one, or none: each has a store of its own. */
export function useAnyRun(runId: string | null): RunStore {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run, another store
  const store = useMemo(createRunStore, [runId]);
  useFollow(store, runId, 1);
  return store;
}

function useFollow(store: RunStore, runId: string | null, attempt: number): void {
  const client = useQueryClient();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the stream of an attempt ends with it
  useEffect(() => {
    if (runId === null) return;
    const gate = new AbortController();
    const onEvents = batched((events) => {
      if (gate.signal.aborted) return;
      receive(store, events);
      if (events.some((event) => event.type.startsWith("run.") || TELLING.has(event.type))) {
        void client.invalidateQueries({ queryKey: runKeys.one(runId), exact: true });
      }
    });
    const onState = (stream: StreamState) => store.setState({ stream });
    followRun(runId, store.getState().live.seq, { onEvents, onState }, gate.signal).catch(
      (failure: unknown) => store.setState({ failure }),
    );
    return () => gate.abort();
  }, [store, runId, client, attempt]);
}

function batched(deliver: (events: RunEvent[]) => void): (events: RunEvent[]) => void {
  let waiting: RunEvent[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  return (events) => {
    waiting.push(...events);
    if (timer !== undefined) return;
    timer = setTimeout(() => {
      timer = undefined;
      const batch = waiting;
      waiting = [];
      deliver(batch);
    }, FRAME);
  };
}
