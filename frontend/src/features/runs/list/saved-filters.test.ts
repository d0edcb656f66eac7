import { afterEach, expect, test, vi } from "vitest";
import { moveFilters, readFilters } from "./saved-filters";

const KEY = "perdure-run-filters:w:ada";

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
});

test("whatever is stored, only filters come out of it", () => {
  expect(readFilters(null)).toEqual([]);
  expect(readFilters("{")).toEqual([]);
  expect(readFilters('{"a": 1}')).toEqual([]);
  const stored = [
    null,
    3,
    { name: 4, search: {} },
    { name: "Good", search: { by: "ada", text: 4, evil: "x" } },
  ];
  expect(readFilters(JSON.stringify(stored))).toEqual([{ name: "Good", search: { by: "ada" } }]);
});

test("what a browser has kept goes to the server once; only what the server could not take yet stays", async () => {
  const kept = [
    { name: "Mine", search: { by: "ada" } },
    { name: "Known", search: { status: "failed" } },
    { name: "Later", search: { cost: "5" } },
  ];
  const answers: Record<string, number> = { Mine: 201, Known: 409, Later: 503 };
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", async (_: string, { body }: RequestInit) => {
    const view = JSON.parse(String(body)) as { name: string };
    sent.push(view);
    return Response.json(view, { status: answers[view.name] ?? 500 });
  });
  localStorage.setItem(KEY, JSON.stringify(kept));
  expect(await moveFilters(KEY)).toBe(true);
  expect(sent[0]).toEqual({ name: "Mine", filter: { by: "ada" } });
  expect(readFilters(localStorage.getItem(KEY))).toEqual([kept[2]]);
  answers.Later = 201;
  expect(await moveFilters(KEY)).toBe(true);
  expect(await moveFilters(KEY)).toBe(false);
  expect(sent.length).toBe(4);
});
