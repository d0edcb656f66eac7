import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Run } from "@/api/generated/perdure.schemas";
import { type ForkedTurn, ForkTurn, hasTurns, toldTurn, turnOf } from "./fork-turn";

const SAID = [{ role: "user", content: [{ type: "text", text: "Hello" }] }];
const WRITER = { id: "writer", kind: "agent", with: { message: "Hello" } };

afterEach(() => vi.unstubAllGlobals());

test("a turn of the agent is chosen with what was said before it", async () => {
  const paths = ["writer", "writer.turn[0]", "writer.turn[0].call[0]", "writer.turn[1]", "other.turn[2]"];
  const items = paths.map((path) => ({ path, input: { messages: SAID } }));
  // The second turn comes after more steps than one answer has.
  const pages = [
    { items: items.slice(0, 3), next_cursor: "more" },
    { items: items.slice(3), next_cursor: null },
  ];
  vi.stubGlobal("fetch", async (url: string) =>
    Response.json(pages[new URL(url, "http://perdure.test").searchParams.get("cursor") === "more" ? 1 : 0]),
  );
  const chosen = vi.fn<(value: ForkedTurn | null) => void>();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <ForkTurn run={{ id: "r" } as Run} node={WRITER} value={null} onChange={chosen} />
      </MantineProvider>
    </QueryClientProvider>,
  );
  fireEvent.click(await screen.findByRole("combobox", { name: "From its turn" }));
  expect(screen.getAllByRole("option", { hidden: true }).map((one) => one.textContent)).toEqual([
    "Turn 1",
    "Turn 2",
  ]);
  fireEvent.click(screen.getByRole("option", { name: "Turn 2", hidden: true }));
  const told = chosen.mock.lastCall?.[0] ?? null;
  expect(told?.turn).toBe(1);
  expect(toldTurn(told)).toEqual({ turn: 1 });
  expect(told && toldTurn({ ...told, messages: "[]" })).toEqual({ turn: 1, messages: [] });
});

test("only agents that stand in the workflow, and members of crews, have turns here", () => {
  expect(hasTurns(WRITER)).toBe(true);
  expect(hasTurns({ id: "a", kind: "agent", with: { agent: "helper" } })).toBe(false);
  expect(hasTurns({ id: "a", kind: "llm" })).toBe(false);
  expect(toldTurn(null)).toEqual({});
  expect(turnOf("writer#1.turn[3]", "writer")).toEqual({ turn: 3, member: null });
  expect(hasTurns({ id: "team", kind: "crew" })).toBe(true);
  expect(turnOf("team.ada[1].turn[0]", "team")).toEqual({ turn: 0, member: "ada[1]" });
  expect(turnOf("team.manager.turn[0].call[0].ada.turn[1]", "team")).toBeNull();
  const told = { turn: 0, member: "facts", messages: "[]", before: "[]" };
  expect(toldTurn(told)).toEqual({ turn: 0, member: "facts" });
});
