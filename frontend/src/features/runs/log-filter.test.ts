import { expect, test } from "vitest";
import type { RunEvent } from "@/api/generated/perdure.schemas";
import { isWanted, type LogGroup } from "./log-filter";

function event(type: RunEvent["type"], path: string | null, data = {}): RunEvent {
  return { seq: 1, type, at: "2026-01-01T00:00:00Z", path, iteration: 0, attempt: 1, data };
}

const EVENTS = [
  event("run.started", null),
  event("step.delta", "write", { text: "Dear" }),
  event("step.retrying", "pay", { name: "Pay out", error: { message: "The line went dead." } }),
  event("approval.opened", "ask", { title: "Pay?" }),
  event("run.failed", null, { error: { message: "Gone" } }),
];

function kept(group: LogGroup, text = ""): string[] {
  return EVENTS.filter((one) => isWanted(one, group, text)).map(({ type }) => type);
}

test("pieces of text are left out, whatever is looked for", () => {
  expect(kept("all")).toEqual(["run.started", "step.retrying", "approval.opened", "run.failed"]);
  expect(kept("all", "dear")).toEqual([]);
});

test("groups", () => {
  expect(kept("problems")).toEqual(["step.retrying", "run.failed"]);
  expect(kept("people")).toEqual(["approval.opened"]);
  expect(kept("run")).toEqual(["run.started", "run.failed"]);
});

test("text is looked for in paths, names and words", () => {
  expect(kept("all", "PAY")).toEqual(["step.retrying", "approval.opened"]);
  expect(kept("all", "line went")).toEqual(["step.retrying"]);
});
