import type { Figures, UsageReport } from "@/api/generated/perdure.schemas";
import { duration, plural } from "@/lib/format";
import classes from "./metric-tiles.module.css";
import { METRICS, type MetricName } from "./usage-metrics";

interface Props {
  report: UsageReport;
  chosen: MetricName;
  onChoose: (name: MetricName) => void;
}

/** Every metric as one number; the chosen one is drawn below. */
export function MetricTiles({ report, chosen, onChoose }: Props) {
  return (
    <ul className={classes.tiles} aria-label="Totals">
      {METRICS.map((metric) => (
        <li key={metric.name}>
          <button
            type="button"
            className={classes.tile}
            aria-pressed={metric.name === chosen}
            onClick={() => onChoose(metric.name)}
          >
            <span className={classes.label}>{metric.label}</span>
            <span className={classes.value}>{metric.format(metric.of(report.totals))}</span>
            <span className={classes.detail}>{DETAILS[metric.name](report.totals, report.days.length)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

const DETAILS: Record<MetricName, (totals: Figures, days: number) => string> = {
  cost: ({ cost_usd, runs }) => `${perRun(cost_usd, runs)} a run`,
  tokens: ({ tokens_in, tokens_out }) => `${share(tokens_out, tokens_in + tokens_out)} written by models`,
  runs: ({ runs }, days) => `${perDay(runs / days)} a day`,
  failures: ({ failed, runs }) => `${share(failed, runs)} of all runs`,
  waiting: ({ waited_seconds, requests }) =>
    requests === 0
      ? "nobody was asked"
      : `${duration((1_000 * waited_seconds) / requests)} each, ${plural(requests, "request")}`,
};

function perRun(cost: number, runs: number): string {
  const each = runs === 0 ? 0 : cost / runs;
  return each === 0 ? "$0" : each < 0.0001 ? "<$0.0001" : `$${each.toPrecision(2)}`;
}

function perDay(runs: number): string {
  return runs < 1 ? runs.toPrecision(1) : runs.toFixed(runs < 10 ? 1 : 0);
}

function share(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (100 * part) / whole;
  if (percent === 0) return "0 %";
  return percent < 0.1 ? "<0.1 %" : `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}
