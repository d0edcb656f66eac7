import type { RunDifference, RunSummary } from "@/api/generated/perdure.schemas";
import { LinkAnchor } from "@/components/links";
import { StatusBadge } from "@/components/status";
import { count, duration, moment, money, shortId } from "@/lib/format";
import classes from "./compared-runs.module.css";

interface Props {
  difference: RunDifference;
}

/** Both runs at a glance. */
export function ComparedRuns({ difference }: Props) {
  const { run, other, seconds } = difference;
  return (
    <div className={classes.runs}>
      <RunCard name="This run" run={run} seconds={seconds[0]} />
      <RunCard
        name={run.forked_from === other.id ? "Forked from" : "The other run"}
        run={other}
        seconds={seconds[1]}
      />
    </div>
  );
}

interface CardProps {
  name: string;
  run: RunSummary;
  seconds: number | null;
}

function RunCard({ name, run, seconds }: CardProps) {
  return (
    <section className={classes.card} aria-label={name}>
      <div className={classes.title}>
        <span className={classes.name}>{name}</span>
        <StatusBadge status={run.status} />
      </div>
      <LinkAnchor to="/runs/$runId" params={{ runId: run.id }} fw={600}>
        {run.workflow} {shortId(run.id)}
      </LinkAnchor>
      <dl className={classes.facts}>
        <Fact name="Version" value={String(run.version)} />
        <Fact name="Started" value={moment(run.created_at)} />
        <Fact name="Duration" value={seconds === null ? "not over" : duration(seconds * 1_000)} />
        <Fact name="Steps" value={count(run.steps_done)} />
        <Fact name="Tokens" value={count(run.tokens_in + run.tokens_out)} />
        <Fact name="Cost" value={money(run.cost_usd)} />
      </dl>
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
