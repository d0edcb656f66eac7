import { expect, test } from "vitest";
import type { UsageReport } from "@/api/generated/perdure.schemas";
import { modelsCsv, workflowsCsv } from "./usage-csv";

const FIGURES = {
  runs: 2,
  completed: 1,
  failed: 1,
  tokens_in: 10,
  tokens_out: 20,
  cost_usd: 0.25,
  waited_seconds: 1.5,
  requests: 1,
};

const REPORT = {
  workflows: [
    {
      workflow: "refunds",
      name: '=HYPERLINK("x"), truly',
      days: [
        { ...FIGURES, day: "2026-01-02" },
        { ...FIGURES, day: "2026-01-01" },
      ],
    },
  ],
  models: [
    { model: "small", days: [{ day: "2026-01-01", calls: 3, tokens_in: 1, tokens_out: 2, cost_usd: 0.5 }] },
    { model: null, days: [{ day: "2026-01-01", calls: 0, tokens_in: 1, tokens_out: 0, cost_usd: 0 }] },
  ],
} as unknown as UsageReport;

test("a line for each workflow and day, and no formula", () => {
  expect(workflowsCsv(REPORT).split("\r\n")).toEqual([
    "day,workflow,name,runs,completed,failed,tokens_in,tokens_out,cost_usd,waited_seconds,requests",
    `2026-01-01,refunds,"'=HYPERLINK(""x""), truly",2,1,1,10,20,0.25,1.5,1`,
    `2026-01-02,refunds,"'=HYPERLINK(""x""), truly",2,1,1,10,20,0.25,1.5,1`,
    "",
  ]);
});

test("a line for each model and day", () => {
  expect(modelsCsv(REPORT).split("\r\n")).toEqual([
    "day,model,calls,tokens_in,tokens_out,cost_usd",
    "2026-01-01,small,3,1,2,0.5",
    "2026-01-01,,0,1,0,0",
    "",
  ]);
});
