import { expect, test } from "vitest";
import type { RecentRun } from "@/api/generated/perdure.schemas";
import { sparkBars, sparkWords } from "./spark-bars";

function run(id: string, status: RecentRun["status"], seconds: number | null): RecentRun {
  return { id, status, seconds };
}

test("a bar is as high as its run took long", () => {
  const bars = sparkBars([run("a", "completed", 2), run("b", "failed", 8), run("c", "running", null)]);
  expect(bars).toEqual([
    { id: "a", tone: "done", height: 0.25, failed: false },
    { id: "b", tone: "failed", height: 1, failed: true },
    { id: "c", tone: "running", height: 0.25, failed: false },
  ]);
});

test("runs of no length are bars all the same", () => {
  expect(sparkBars([run("a", "completed", 0)]).map(({ height }) => height)).toEqual([0.25]);
});

test("the picture is told in words", () => {
  expect(sparkWords([])).toBe("It has not run yet");
  expect(sparkWords([run("a", "completed", 1)])).toBe("The last run: 1 completed");
  expect(sparkWords([run("a", "completed", 1), run("b", "failed", 1), run("c", "completed", 2)])).toBe(
    "The last 3 runs: 2 completed, 1 failed",
  );
});
