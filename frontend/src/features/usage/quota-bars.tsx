import { Progress } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { QuotaUse } from "@/api/generated/perdure.schemas";
import { useNow } from "@/lib/clock";
import { count, money, relative } from "@/lib/format";
import classes from "./quota-bars.module.css";
import { quotaUseQuery } from "./usage-query";

const NAMES: Record<QuotaUse["quota"], string> = {
  starts_per_minute: "Starts in a minute",
  running_runs: "Runs at the same time",
  tokens_per_month: "Tokens this month",
  cost_usd_per_month: "Spend this month",
};
const NEARLY = 80;

/** What is left of the quotas that were set. */
export function QuotaBars() {
  const { data } = useQuery(quotaUseQuery);
  const limited = data?.quotas.filter(({ limit }) => limit !== null) ?? [];
  if (limited.length === 0) return null;
  return (
    <ul className={classes.quotas} aria-label="Quotas">
      {limited.map((use) => (
        <Quota key={use.quota} use={use} />
      ))}
    </ul>
  );
}

function Quota({ use }: { use: QuotaUse }) {
  const now = useNow();
  const limit = use.limit ?? 0;
  const percent = limit === 0 ? 100 : (100 * use.used) / limit;
  const format = use.quota === "cost_usd_per_month" ? money : count;
  const color =
    percent >= 100 ? "var(--status-failed)" : percent >= NEARLY ? "var(--status-waiting)" : "var(--accent)";
  return (
    <li className={classes.quota}>
      <span className={classes.name}>{NAMES[use.quota]}</span>
      <span className={classes.used}>
        {format(use.used)} of {format(limit)}
      </span>
      <Progress
        className={classes.bar}
        size="sm"
        value={percent}
        color={color}
        aria-label={NAMES[use.quota]}
      />
      {use.resets_at && <span className={classes.resets}>free again {relative(use.resets_at, now)}</span>}
    </li>
  );
}
