import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { stepQuery, stepsOf } from "./runs";

afterEach(() => vi.unstubAllGlobals());

/** An API whose steps come three at a time. */
function serving(count: number): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    const { searchParams } = new URL(url, "http://perdure.test");
    const begin = Number(searchParams.get("cursor") ?? 0);
    const end = Math.min(begin + 3, count);
    const items = Array.from({ length: end - begin }, (_, n) => ({
      path: searchParams.get("path"),
      iteration: begin + n,
      output: begin + n,
    }));
    return Response.json({ items, next_cursor: end < count ? String(end) : null });
  });
  return asked;
}

test("steps are read beyond the first page", async () => {
  serving(8);
  const outputs: unknown[] = [];
  for await (const { output } of stepsOf("r", new AbortController().signal, "loop")) outputs.push(output);
  expect(outputs).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test("an iteration of a step is looked for until it is found", async () => {
  const asked = serving(8);
  const client = new QueryClient();
  expect(await client.fetchQuery(stepQuery("r", "loop", 4, "done"))).toMatchObject({
    path: "loop",
    output: 4,
  });
  expect(asked).toHaveLength(2);
  expect(await client.fetchQuery(stepQuery("r", "loop", 9, "done"))).toBeNull();
});
