import { expect, test } from "vitest";
import type { UsageReport } from "@/api/generated/perdure.schemas";
import { lineStep, metricOf, seriesOf, UNACCOUNTED } from "./usage-metrics";

const ZERO = {
  runs: 0,
  completed: 0,
  failed: 0,
  tokens_in: 0,
  tokens_out: 0,
  cost_usd: 0,
  waited_seconds: 0,
  requests: 0,
};
const DAYS = ["2026-01-01", "2026-01-02", "2026-01-03"];

function report(costs: Record<string, number[]>): UsageReport {
  return {
    first: "2026-01-01",
    last: "2026-01-03",
    totals: ZERO,
    days: DAYS.map((day) => ({ ...ZERO, day })),
    workflows: Object.entries(costs).map(([workflow, values]) => ({
      ...ZERO,
      workflow,
      name: workflow.toUpperCase(),
      days: values.map((cost_usd, index) => ({ ...ZERO, cost_usd, day: DAYS[index] ?? "" })),
    })),
    models: [
      {
        model: null,
        calls: 0,
        tokens_in: 1,
        tokens_out: 2,
        cost_usd: 0,
        days: [{ day: "2026-01-02", calls: 0, tokens_in: 1, tokens_out: 2, cost_usd: 0 }],
      },
    ],
  };
}

test("each workflow has a value for each day, the largest first", () => {
  const series = seriesOf(
    report({ small: [0.5, 0.25], large: [1, 0, 3], none: [0] }),
    metricOf("cost"),
    "workflow",
  );
  expect(series).toEqual([
    { key: "large", label: "LARGE", values: [1, 0, 3], total: 4 },
    { key: "small", label: "SMALL", values: [0.5, 0.25, 0], total: 0.75 },
  ]);
});

test("what is too small to be told apart is shown together", () => {
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`w${index}`, [index + 1]]));
  const series = seriesOf(report(many), metricOf("cost"), "workflow");
  expect(series.map(({ key }) => key)).toEqual(["w8", "w7", "w6", "w5", "w4", null]);
  expect(series.at(-1)).toMatchObject({ label: "4 others", total: 10 });
});

test("what no step accounts for has a name", () => {
  expect(seriesOf(report({}), metricOf("tokens"), "model")).toEqual([
    { key: "", label: UNACCOUNTED, values: [0, 3, 0], total: 3 },
  ]);
});

test("an unknown metric is spend", () => expect(metricOf("nonsense").name).toBe("cost"));

test.each([
  [0, false, 1],
  [0.0007, false, 0.0002],
  [5.74, false, 1.5],
  [23, false, 6],
  [9_900, false, 2_500],
  [1, true, 1],
  [5, true, 2],
  [11, true, 3],
])("lines up to %d (whole numbers: %s) are %d apart", (value, whole, step) =>
  expect(lineStep(value, 4, whole)).toBeCloseTo(step, 8),
);
