import { describe, expect, test } from "vitest";
import type { RunEvent } from "@/api/generated/perdure.schemas";
import { advance, EMPTY, nodePath, type RunState, stepKey } from "./run-state";

let seq = 0;

function event(type: RunEvent["type"], path: string | null = null, more: Partial<RunEvent> = {}): RunEvent {
  seq += 1;
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, seq)).toISOString();
  return { seq, type, at, path, iteration: path === null ? null : 0, attempt: null, data: {}, ...more };
}

function told(...events: RunEvent[]): RunState {
  return advance(EMPTY, events);
}

const failure = { code: "upstream_failed" as const, message: "The line went dead.", node: null, details: {} };

test("a run is told by its events", () => {
  const state = told(event("run.created"), event("run.started"), event("run.completed"));
  expect(state.status).toBe("completed");
  expect(state.startedAt).not.toBeNull();
  expect(state.endedAt).not.toBeNull();
});

test("a retried run is no longer over", () => {
  const state = told(
    event("run.started"),
    event("run.failed"),
    event("run.retried", null, { data: { attempt: 2 } }),
  );
  expect(state).toMatchObject({ status: "pending", endedAt: null, attempt: 2 });
});

test("items and rounds of a node are counted together", () => {
  const state = told(
    event("step.started", "each[0].send"),
    event("step.started", "each[1].send"),
    event("step.completed", "each[0].send", { data: { port: "out" } }),
    event("step.started", "each[0].send", { iteration: 1 }),
  );
  expect(state.nodes["each.send"]?.counts).toEqual({ completed: 1, running: 2 });
  expect(state.nodes["each.send"]?.ports).toEqual({ out: 1 });
  expect(state.rounds["each[0].send"]).toBe(stepKey("each[0].send", 1));
  expect(nodePath("a[1].b[22].c")).toBe("a.b.c");
});

describe("a failed attempt", () => {
  const started = event("step.started", "pay", { attempt: 1, data: { kind: "http_request", name: "Pay" } });
  const failed = event("step.retrying", "pay", { attempt: 1, data: { error: failure } });
  const again = event("step.started", "pay", { attempt: 2 });
  const done = event("step.completed", "pay", {
    attempt: 2,
    data: { port: "out", tokens_in: 3, tokens_out: 4, cost_usd: 0.5 },
  });

  test("is shown with its reason until the next one begins", () => {
    expect(told(started, failed).steps[stepKey("pay", 0)]).toMatchObject({
      status: "retrying",
      endedAt: null,
      error: failure,
    });
  });

  test("stays among the attempts", () => {
    const step = told(started, failed, again, done).steps[stepKey("pay", 0)];
    expect(step).toMatchObject({ status: "completed", name: "Pay", error: null, tokens: 7, costUsd: 0.5 });
    expect(step?.attempts.map(({ error, endedAt }) => [error?.code, endedAt !== null])).toEqual([
      ["upstream_failed", true],
      [undefined, true],
    ]);
    expect(step?.startedAt).toBe(started.at);
  });
});

test("what was spent is counted as it is spent, again if a step is done again", () => {
  const done = () =>
    event("step.completed", "pay", { data: { cost_usd: 0.25, tokens_in: 3, tokens_out: 4 } });
  const state = told(event("step.started", "pay"), done(), event("step.started", "pay"), done());
  expect(state).toMatchObject({ costUsd: 0.5, tokens: 14, done: 2 });
});

test("text of an attempt that no longer counts is gone", () => {
  const text = (value: string) => event("step.delta", "write", { data: { text: value } });
  const state = told(
    event("step.started", "write"),
    text("Dear "),
    text("Sir"),
    event("step.superseded", "write"),
    text("Hello"),
  );
  expect(state.steps[stepKey("write", 0)]?.text).toBe("Hello");
});

test("a step that asks a person is told from one that only waits", () => {
  const state = told(
    event("step.waiting", "ask"),
    event("approval.opened", "ask", { data: { approval_id: "a1" } }),
    event("step.waiting", "sleep"),
  );
  expect(state.steps[stepKey("ask", 0)]).toMatchObject({ status: "asking", approvalId: "a1" });
  expect(state.nodes.ask?.counts).toEqual({ asking: 1 });
  expect(state.steps[stepKey("sleep", 0)]?.status).toBe("waiting");
});

test("what did not change stays the same object", () => {
  const before = told(event("step.started", "a"), event("step.started", "b"));
  const next = advance(before, [event("step.completed", "b", { data: { port: "out" } })]);
  expect(next.steps[stepKey("a", 0)]).toBe(before.steps[stepKey("a", 0)]);
  expect(next.nodes.a).toBe(before.nodes.a);
  expect(next.order).toBe(before.order);
  expect(before.steps[stepKey("b", 0)]?.status).toBe("running");
});

test("the past of a run is what its first events tell", () => {
  const events = [event("step.started", "a"), event("step.completed", "a"), event("step.started", "b")];
  expect(advance(advance(EMPTY, events.slice(0, 1)), events.slice(1))).toEqual(advance(EMPTY, events));
});
