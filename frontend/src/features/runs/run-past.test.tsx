import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Run, RunEvent } from "@/api/generated/perdure.schemas";
import { useNodeLook } from "@/components/live-run/node-look";
import { createRunStore, type RunStore, RunStoreProvider, receive } from "@/components/live-run/run-store";
import { RunScrubber } from "./run-scrubber";
import { RunTree } from "./run-tree";

/** A loop of two rounds, whose first one needed a second attempt. */
const EVENTS = [
  event("run.started", null),
  event("step.started", 0, { name: "Draft", kind: "llm" }),
  event("step.delta", 0, { text: "Dea" }),
  event("step.retrying", 0, { error: { code: "unavailable", message: "503" } }),
  event("step.started", 0),
  event("step.completed", 0, { port: "out" }),
  event("step.started", 1, { name: "Draft", kind: "llm" }),
  event("step.completed", 1, { port: "out" }),
  event("run.completed", null),
].map((one, index): RunEvent => ({ ...one, seq: index + 1 }));

let store: RunStore;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  vi.stubGlobal("fetch", async () =>
    Response.json({ ancestors: [], root: { children: [] }, runs: 1, cost_usd: 0, complete: true }),
  );
  store = createRunStore();
  receive(store, EVENTS);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("attempts and rounds are there as they were at each moment", () => {
  show();
  expect(lines()).toEqual(["Draft: 2 rounds", "Round 1: 2 attempts", "Round 2"]);
  expect(screen.getByText("Now")).toBeDefined();
  back();
  back();
  // The second round has only begun, and nothing of it has ended.
  expect(look()).toBe("1 Running, 1 Completed");
  back();
  expect(lines()).toEqual(["Draft: 2 attempts"]);
  expect(look()).toBe("Completed");
  back();
  back();
  expect(look()).toBe("Retrying");
  expect(lines()).toEqual(["Draft"]);
  back();
  // A piece of a text is no moment of its own.
  expect(look()).toBe("Running");
  fireEvent.click(screen.getByRole("button", { name: "Back to now" }));
  expect(look()).toBe("2 Completed");
});

test("a replay goes through both rounds and ends in the present", () => {
  show();
  fireEvent.click(screen.getByRole("button", { name: "Play the run again" }));
  expect(lines()).toEqual([]);
  const seen = new Set<string>();
  for (let tick = 0; tick < EVENTS.length; tick++) {
    act(() => vi.advanceTimersByTime(90));
    seen.add(look());
  }
  expect([...seen]).toEqual(["Running", "Retrying", "Completed", "1 Running, 1 Completed", "2 Completed"]);
  expect(screen.getByRole("button", { name: "Play the run again" })).toBeDefined();
  expect(store.getState().at).toBeNull();
});

function event(type: RunEvent["type"], iteration: number | null, data: RunEvent["data"] = {}): RunEvent {
  const path = iteration === null ? null : "draft";
  return { seq: 0, type, at: "2026-01-01T00:00:00Z", path, iteration, attempt: 1, data } as RunEvent;
}

/** How the step stands on the canvas. */
function Look() {
  return <div data-testid="look">{useNodeLook("draft").aside}</div>;
}

function show(): void {
  const run = { id: "r", status: "completed" } as Run;
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <RunStoreProvider value={store}>
          <RunScrubber />
          <RunTree run={run} selected={null} onSelect={() => undefined} />
          <Look />
        </RunStoreProvider>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

function back(): void {
  fireEvent.click(screen.getByRole("button", { name: "One event back" }));
}

function lines(): string[] {
  const tree = screen.getByRole("region", { name: "Tree" });
  return within(tree)
    .queryAllByRole("button", { name: /^(Draft|Round)/ })
    .map((label) => [label.textContent, label.nextElementSibling?.textContent].filter(Boolean).join(": "));
}

function look(): string {
  const icons = within(screen.getByTestId("look")).queryAllByRole("img");
  return icons
    .map((icon) => `${icon.parentElement?.textContent ?? ""} ${icon.getAttribute("aria-label")}`.trim())
    .join(", ");
}
