import { createContext, useContext } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import type { RunEvent } from "@/api/generated/perdure.schemas";
import type { StreamState } from "@/api/run-stream";
import { advance, EMPTY, type RunState, type StepState } from "@/lib/run-state";

interface LiveRun {
  events: RunEvent[];
  /** Where the run stands now. */
  live: RunState;
  /** Where it stood at the moment that is looked at; the same as `live` unless somebody looks back. */
  shown: RunState;
  /** Number of the event up to which is looked at; null to follow the run. */
  at: number | null;
  stream: StreamState;
  failure: unknown;
  /** One item of a container whose steps are looked at: `mails[3]`; null for all of them. */
  focus: string | null;
}

export type RunStore = StoreApi<LiveRun>;

/** Everything that is known of one run, fed by its events. */
export function createRunStore(): RunStore {
  return createStore<LiveRun>(() => ({
    events: [],
    live: EMPTY,
    shown: EMPTY,
    at: null,
    stream: "connecting",
    failure: null,
    focus: null,
  }));
}

/** Further events have come. */
export function receive(store: RunStore, fresh: RunEvent[]): void {
  store.setState(({ events, live, at, shown }) => {
    const next = advance(live, fresh);
    return { events: events.concat(fresh), live: next, shown: at === null ? next : shown };
  });
}

/** Look at the run as it was after an event; null goes back to the present. */
export function seek(store: RunStore, at: number | null): void {
  store.setState(({ events, live }) => {
    const past = at === null || at >= live.seq ? null : at;
    return { at: past, shown: past === null ? live : stateAfter(store, events, past) };
  });
}

const STRIDE = 500;
const waypoints = new WeakMap<RunStore, RunState[]>();

/** The state after so many events. States along the way are kept, so that moving about in a long run is quick. */
function stateAfter(store: RunStore, events: readonly RunEvent[], count: number): RunState {
  const known = waypoints.get(store) ?? [EMPTY];
  waypoints.set(store, known);
  while (known.length * STRIDE <= count) {
    const from = (known.length - 1) * STRIDE;
    known.push(advance(known.at(-1) ?? EMPTY, events.slice(from, from + STRIDE)));
  }
  const place = Math.floor(count / STRIDE);
  return advance(known[place] ?? EMPTY, events.slice(place * STRIDE, count));
}

/** The next event in a direction that shows something new; pieces of streamed text do not. */
export function neighbourEvent(events: readonly RunEvent[], from: number, by: 1 | -1): number {
  let at = from + by;
  while (at > 1 && at < events.length && events[at - 1]?.type === "step.delta") at += by;
  return Math.min(events.length, Math.max(1, at));
}

const RunStoreContext = createContext<RunStore | null>(null);
export const RunStoreProvider = RunStoreContext.Provider;

/** The store of the run on this page. */
export function useRunStore(): RunStore {
  const store = useContext(RunStoreContext);
  if (store === null) throw new Error("outside of a run page");
  return store;
}

/** A part of what is known of the run; draws anew only if that part changes. */
export function useRun<Part>(select: (run: LiveRun) => Part): Part {
  return useStore(useRunStore(), select);
}

/** The step that stands for a node: of the item in focus, or the one that changed last. */
export function stepOf(
  { shown, focus }: Pick<LiveRun, "shown" | "focus">,
  node: string,
): StepState | undefined {
  const focused = focus === null ? null : focusedPath(node, focus);
  const key = focused === null ? shown.nodes[node]?.latest : shown.rounds[focused];
  return key === undefined ? undefined : shown.steps[key];
}

/** `mails.classify` within `mails[3]` is `mails[3].classify`; null if the node is not inside. */
export function focusedPath(node: string, focus: string): string | null {
  const container = focus.replace(/\[\d+\]/g, "");
  return node.startsWith(`${container}.`) ? focus + node.slice(container.length) : null;
}
