import { expect, test } from "vitest";
import type { RunEvent } from "@/api/generated/perdure.schemas";
import { advance, EMPTY } from "@/lib/run-state";
import { createRunStore, neighbourEvent, receive, seek } from "./run-store";

function events(count: number): RunEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    type: index % 2 === 0 ? "step.started" : "step.completed",
    at: new Date(index * 1_000).toISOString(),
    path: `each[${Math.floor(index / 2)}].send`,
    iteration: 0,
    attempt: 1,
    data: {},
  }));
}

test("any moment of a long run is what its events up to then tell", () => {
  const all = events(1_700);
  const store = createRunStore();
  receive(store, all);
  for (const moment of [1_699, 3, 500, 501, 1_000, 1_234]) {
    seek(store, moment);
    expect(store.getState().at).toBe(moment);
    expect(store.getState().shown).toEqual(advance(EMPTY, all.slice(0, moment)));
  }
});

test("whoever looks back is not disturbed by what happens meanwhile, and comes back to it", () => {
  const all = events(10);
  const store = createRunStore();
  receive(store, all.slice(0, 6));
  seek(store, 2);
  receive(store, all.slice(6));
  expect(store.getState().shown.seq).toBe(2);
  seek(store, null);
  expect(store.getState().shown).toBe(store.getState().live);
  expect(store.getState().shown.seq).toBe(10);
});

test("going from moment to moment skips pieces of text", () => {
  const all = events(6).map((event) =>
    event.seq === 3 || event.seq === 4 ? { ...event, type: "step.delta" } : event,
  );
  expect(neighbourEvent(all as RunEvent[], 2, 1)).toBe(5);
  expect(neighbourEvent(all as RunEvent[], 5, -1)).toBe(2);
  expect(neighbourEvent(all as RunEvent[], 6, 1)).toBe(6);
  expect(neighbourEvent(all as RunEvent[], 1, -1)).toBe(1);
});
