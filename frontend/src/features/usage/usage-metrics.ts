import type { DayFigures, Figures, ModelDayFigures, UsageReport } from "@/api/generated/perdure.schemas";
import { count, duration, money } from "@/lib/format";

export type MetricName = "cost" | "tokens" | "runs" | "failures" | "waiting";

export interface Metric {
  name: MetricName;
  label: string;
  /** Whether it is known of each model as well. */
  byModel: boolean;
  /** Whether there are no parts of one. */
  whole: boolean;
  of: (figures: Figures | Pick<ModelDayFigures, "cost_usd" | "tokens_in" | "tokens_out">) => number;
  format: (value: number) => string;
}

const SECOND = 1_000;

/** What can be looked at, in the order in which people ask for it. */
export const METRICS: readonly Metric[] = [
  {
    name: "cost",
    label: "Spend",
    byModel: true,
    whole: false,
    of: ({ cost_usd }) => cost_usd,
    format: money,
  },
  {
    name: "tokens",
    label: "Tokens",
    byModel: true,
    whole: true,
    of: ({ tokens_in, tokens_out }) => tokens_in + tokens_out,
    format: count,
  },
  {
    name: "runs",
    label: "Runs",
    byModel: false,
    whole: true,
    of: (of) => ("runs" in of ? of.runs : 0),
    format: count,
  },
  {
    name: "failures",
    label: "Failures",
    byModel: false,
    whole: true,
    of: (of) => ("failed" in of ? of.failed : 0),
    format: count,
  },
  {
    name: "waiting",
    label: "Waiting for people",
    byModel: false,
    whole: false,
    of: (of) => ("waited_seconds" in of ? of.waited_seconds : 0),
    format: (seconds) => (seconds === 0 ? "none" : duration(seconds * SECOND)),
  },
];

export function metricOf(name: string | undefined): Metric {
  return METRICS.find((metric) => metric.name === name) ?? (METRICS[0] as Metric);
}

export type Dimension = "workflow" | "model";

/** One workflow or model over the days of the report. */
export interface Series {
  /** Null for all that are too small to be told apart. */
  key: string | null;
  label: string;
  values: number[];
  total: number;
}

const TOLD_APART = 5;
export const UNACCOUNTED = "Failed attempts and others";

/** A metric day by day, told apart by workflow or model; the largest first, small ones together. */
export function seriesOf(report: UsageReport, metric: Metric, by: Dimension): Series[] {
  const places = new Map(report.days.map(({ day }, index) => [day, index]));
  const all = groupsOf(report, by).map(({ key, label, days }): Series => {
    const values = report.days.map(() => 0);
    for (const figures of days) {
      const place = places.get(figures.day);
      if (place !== undefined) values[place] = metric.of(figures);
    }
    return { key, label, values, total: sum(values) };
  });
  const present = all.filter(({ total }) => total > 0).sort((one, other) => other.total - one.total);
  if (present.length <= TOLD_APART + 1) return present;
  return [...present.slice(0, TOLD_APART), together(present.slice(TOLD_APART))];
}

interface Group {
  key: string;
  label: string;
  days: (DayFigures | ModelDayFigures)[];
}

function groupsOf(report: UsageReport, by: Dimension): Group[] {
  if (by === "workflow") {
    return report.workflows.map(({ workflow, name, days }) => ({ key: workflow, label: name, days }));
  }
  return report.models.map(({ model, days }) => ({ key: model ?? "", label: model ?? UNACCOUNTED, days }));
}

function together(small: readonly Series[]): Series {
  const days = small[0]?.values.length ?? 0;
  const values = Array.from({ length: days }, (_, day) =>
    sum(small.map((series) => series.values[day] ?? 0)),
  );
  return { key: null, label: `${small.length} others`, values, total: sum(values) };
}

const STEPS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** Distance of so many lines that they reach at least up to a value, as a round number. */
export function lineStep(value: number, lines: number, whole: boolean): number {
  const least = value <= 0 ? 1 : value / lines;
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = STEPS.find((one) => one * power >= least * 0.999) ?? 10;
  return whole ? Math.max(1, Math.ceil(factor * power)) : factor * power;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
