import type { Figures, UsageReport } from "@/api/generated/perdure.schemas";

type Cell = string | number;

const FIGURES = [
  "runs",
  "completed",
  "failed",
  "tokens_in",
  "tokens_out",
  "cost_usd",
  "waited_seconds",
  "requests",
] as const satisfies (keyof Figures)[];

/** One line for each workflow and day on which it ran. */
export function workflowsCsv(report: UsageReport): string {
  const lines = report.workflows.flatMap(({ workflow, name, days }) =>
    days.map((day) => [day.day, workflow, name, ...FIGURES.map((figure) => day[figure])]),
  );
  return csvOf(["day", "workflow", "name", ...FIGURES], lines);
}

/** One line for each model and day on which it was called. */
export function modelsCsv(report: UsageReport): string {
  const lines = report.models.flatMap(({ model, days }) =>
    days.map((day) => [day.day, model ?? "", day.calls, day.tokens_in, day.tokens_out, day.cost_usd]),
  );
  return csvOf(["day", "model", "calls", "tokens_in", "tokens_out", "cost_usd"], lines);
}

/** A table as RFC 4180 has it, in order of its first column. */
function csvOf(head: string[], lines: Cell[][]): string {
  const sorted = lines.toSorted((one, other) => String(one[0]).localeCompare(String(other[0])));
  return [head, ...sorted].map((line) => `${line.map(written).join(",")}\r\n`).join("");
}

/** Spreadsheets take a text that begins like a formula for one; an apostrophe keeps it a text. */
function written(cell: Cell): string {
  if (typeof cell === "number") return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
