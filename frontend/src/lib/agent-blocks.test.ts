import { expect, test } from "vitest";
import type { RunEvent, TranscriptEntry } from "@/api/generated/perdure.schemas";
import { blocksOf, withEvents } from "./agent-blocks";

let seq = 0;
function event(type: string, path: string | null, data: object = {}): RunEvent {
  return {
    seq: ++seq,
    type,
    at: `2026-01-01T00:00:0${seq % 10}Z`,
    path,
    iteration: 0,
    attempt: 1,
    data,
  } as never;
}

const TURN = "agent.turn[0]";
const CALLS = [
  { id: "1", name: "add", arguments: { a: 1 }, fault: null },
  { id: "2", name: "ask", arguments: {}, fault: null },
];
const message = { content: [{ type: "text", text: "Let me see." }], tool_calls: CALLS };

test("a turn is written, its calls stand at once, and each tells how it went", () => {
  const begun = withEvents(
    [],
    [
      event("run.started", null),
      event("step.started", TURN, { kind: "model_turn" }),
      event("step.delta", TURN, { text: "Wrong" }),
      event("step.superseded", TURN),
      event("step.delta", TURN, { text: "Let me " }),
    ],
  );
  expect(begun).toMatchObject([{ kind: "turn", text: "Let me ", status: "running" }]);
  const asked = withEvents(begun, [
    event("step.completed", TURN, { output: { message } }),
    event("step.started", `${TURN}.call[0]`, { name: "add" }),
    event("step.completed", `${TURN}.call[0]`, { output: { value: "3" } }),
    event("approval.opened", `${TURN}.call[1]`, { approval_id: "x" }),
  ]);
  expect(asked).toMatchObject([
    { kind: "turn", text: "Let me see.", status: "completed" },
    { kind: "tool", name: "add", arguments: { a: 1 }, result: "3", status: "completed" },
    { kind: "tool", name: "ask", status: "asking", approvalId: "x" },
  ]);
  expect(begun).toHaveLength(1);
});

test("the record of a run that is over says the same", () => {
  const entry = (role: string, path: string | null, more: object) =>
    ({
      role,
      path,
      content: [],
      status: "completed",
      error: null,
      is_error: false,
      name: null,
      ...more,
    }) as never;
  const entries: TranscriptEntry[] = [
    entry("user", null, {}),
    entry("assistant", TURN, { content: message.content }),
    entry("tool", `${TURN}.call[0]`, {
      name: "add",
      arguments: { a: 1 },
      content: [{ type: "text", text: "3" }],
    }),
    entry("user", null, { name: "Ada", content: [{ type: "text", text: "Hurry" }] }),
  ];
  expect(blocksOf(entries)).toMatchObject([
    { kind: "turn", text: "Let me see." },
    { kind: "tool", name: "add", result: "3" },
    { kind: "said", text: "Hurry", by: "Ada" },
  ]);
});
