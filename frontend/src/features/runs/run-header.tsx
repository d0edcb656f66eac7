import { Title, Tooltip } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useShallow } from "zustand/react/shallow";
import type { Run } from "@/api/generated/perdure.schemas";
import { CopyButton } from "@/components/copy-button";
import { LinkAnchor } from "@/components/links";
import { useRun } from "@/components/live-run/run-store";
import { StatusBadge } from "@/components/status";
import { Timestamp } from "@/components/timestamp";
import { useNow } from "@/lib/clock";
import { count, duration, money, shortId, spanOf } from "@/lib/format";
import type { RunState } from "@/lib/run-state";
import { RunActions } from "./run-actions";
import classes from "./run-header.module.css";

interface Props {
  run: Run;
  onFork: () => void;
}

/** What run this is, how it stands, what it has cost, and what can be done with it. */
export function RunHeader({ run, onFork }: Props) {
  useDocumentTitle(`${run.workflow} · ${shortId(run.id)} · Perdure`);
  return (
    <header className={classes.header}>
      <div className={classes.top}>
        <div className={classes.title}>
          <Title order={1} size="h1">
            <LinkAnchor to="/workflows/$slug" params={{ slug: run.workflow }} c="inherit" inherit>
              {run.workflow}
            </LinkAnchor>
          </Title>
          <span className={classes.id}>{shortId(run.id)}</span>
          <CopyButton value={run.id} label="Copy the id of the run" />
          <Status run={run} />
          <Connection />
        </div>
        <RunActions run={run} onFork={onFork} />
      </div>
      <Facts run={run} />
    </header>
  );
}

/** How it stands, or stood at the moment that is looked at. */
function Status({ run }: { run: Run }) {
  const past = useRun((state) => (state.at === null ? null : state.shown.status));
  return <StatusBadge status={past ?? run.status} />;
}

function Facts({ run }: { run: Run }) {
  const now = useNow();
  const spent = useSpent(run);
  const span = spanOf(run.started_at, spent.until ?? run.ended_at, now);
  return (
    <dl className={classes.facts}>
      <Fact name="Started">
        <Timestamp at={run.created_at} />
      </Fact>
      <Fact name="Duration">{span === null ? "–" : duration(span)}</Fact>
      <Fact name="Steps">{count(spent.steps)}</Fact>
      <Fact name="Tokens">{count(spent.tokens)}</Fact>
      <Fact name={run.ended_at === null ? "Cost so far" : "Cost"}>{money(spent.costUsd)}</Fact>
      <Fact name="Version">{run.version}</Fact>
      {run.attempt > 1 && <Fact name="Attempt">{run.attempt}</Fact>}
      {run.started_by && <Fact name="By">{run.started_by}</Fact>}
      {run.forked_from && (
        <Fact name="Forked from">
          <RunLink id={run.forked_from} />
        </Fact>
      )}
      {run.parent_run_id && (
        <Fact name="Part of">
          <RunLink id={run.parent_run_id} />
        </Fact>
      )}
    </dl>
  );
}

/** What the run has done and spent: at the moment that is looked at, or now. Events are ahead of what was read. */
function useSpent(run: Run) {
  const { costUsd, tokens, done } = useRun(useShallow(({ shown }) => pickSpent(shown)));
  const at = useRun((state) => (state.at === null ? null : (state.events[state.at - 1]?.at ?? null)));
  if (at !== null) return { costUsd, tokens, steps: done, until: at };
  return {
    costUsd: Math.max(costUsd, run.cost_usd),
    tokens: Math.max(tokens, run.tokens_in + run.tokens_out),
    steps: Math.max(done, run.steps_done),
    until: null,
  };
}

function pickSpent({ costUsd, tokens, done }: RunState) {
  return { costUsd, tokens, done };
}

interface FactProps {
  name: string;
  children: ReactNode;
}

function Fact({ name, children }: FactProps) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function RunLink({ id }: { id: string }) {
  return (
    <LinkAnchor to="/runs/$runId" params={{ runId: id }} inherit>
      {shortId(id)}
    </LinkAnchor>
  );
}

const CONNECTION = {
  connecting: null,
  live: "Live: what happens is shown as it happens.",
  reconnecting: "The connection is broken; reconnecting. Nothing will be missed.",
  ended: null,
};

function Connection() {
  const stream = useRun((run) => run.stream);
  const sentence = CONNECTION[stream];
  if (sentence === null) return null;
  return (
    <Tooltip label={sentence}>
      <span className={classes.connection} data-state={stream} role="status">
        {stream === "live" ? "Live" : "Reconnecting"}
      </span>
    </Tooltip>
  );
}
