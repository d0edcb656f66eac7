import { Checkbox } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { RunSummary } from "@/api/generated/perdure.schemas";
import { StatusBadge } from "@/components/status";
import { Timestamp } from "@/components/timestamp";
import { useNow } from "@/lib/clock";
import { count, duration, money, shortId, spanOf } from "@/lib/format";
import { beginningOf } from "../origins";
import type { Selection } from "./run-selection";
import classes from "./runs-table.module.css";

interface Props {
  runs: RunSummary[];
  /** Which of them are chosen; null if nothing could be done with them. */
  selection: Selection | null;
}

/** Runs as a table; on a narrow screen each is two lines. */
export function RunsTable({ runs, selection }: Props) {
  const listed = runs.map((run) => run.id);
  return (
    <div className={classes.frame}>
      <table className={classes.table}>
        <thead>
          <tr>
            {selection && (
              <th className={classes.choice}>
                <ChooseAll selection={selection} listed={listed} />
              </th>
            )}
            <th>Status</th>
            <th>Run</th>
            <th>Started</th>
            <th className={classes.number}>Duration</th>
            <th className={classes.number}>Steps</th>
            <th className={classes.number}>Tokens</th>
            <th className={classes.number}>Cost</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <RunRow key={run.id} run={run} listed={listed} selection={selection} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ChoiceProps {
  selection: Selection;
  listed: readonly string[];
}

function ChooseAll({ selection, listed }: ChoiceProps) {
  const all = selection.everything || listed.every((id) => selection.ids.has(id));
  return (
    <Checkbox
      size="xs"
      aria-label="Choose all that are listed"
      checked={all}
      indeterminate={!all && selection.ids.size > 0}
      onChange={() => selection.toggleAll(listed)}
    />
  );
}

interface RowProps {
  run: RunSummary;
}

function RunRow({ run, listed, selection }: RowProps & { listed: string[]; selection: Selection | null }) {
  const chosen = selection !== null && (selection.everything || selection.ids.has(run.id));
  return (
    <tr className={classes.row} data-chosen={chosen || undefined}>
      {selection && (
        <td className={classes.choice}>
          <Checkbox
            size="xs"
            aria-label={`Choose run ${shortId(run.id)}`}
            checked={chosen}
            onChange={(event) =>
              selection.toggle(run.id, listed, (event.nativeEvent as unknown as MouseEvent).shiftKey)
            }
          />
        </td>
      )}
      <td>
        <StatusBadge status={run.status} />
      </td>
      <td className={classes.what}>
        <Link to="/runs/$runId" params={{ runId: run.id }} className={classes.link}>
          {run.workflow}
          <span className={classes.id}>{shortId(run.id)}</span>
        </Link>
        <div className={classes.detail}>
          <Detail run={run} />
        </div>
      </td>
      <td className={classes.when}>
        <Timestamp at={run.created_at} />
      </td>
      <td className={classes.number}>
        <Duration run={run} />
      </td>
      <td className={classes.number} data-label="steps">
        {count(run.steps_done)}
      </td>
      <td className={classes.number} data-label="tokens">
        {count(run.tokens_in + run.tokens_out)}
      </td>
      <td className={classes.number}>{money(run.cost_usd)}</td>
    </tr>
  );
}

/** The most telling thing about a run: why it failed, what it waits for, or where it comes from. */
function Detail({ run }: RowProps) {
  if (run.error) return <span className={classes.error}>{run.error.message}</span>;
  if (run.waiting && TELLING.has(run.waiting.kind)) return <span>{run.waiting.sentence}</span>;
  return origin(run);
}

/** What a person would want to know; that steps are being executed goes without saying. */
const TELLING = new Set(["approval", "intervention", "retry", "event", "timer", "paused", "cancelling"]);

function Duration({ run }: RowProps) {
  const now = useNow();
  const span = spanOf(run.started_at, run.ended_at, now);
  return span === null ? "–" : duration(span);
}

/** Where a run comes from, in a few words. */
function origin(run: RunSummary): string {
  const version = `version ${run.version}`;
  const attempt = run.attempt > 1 ? ` · attempt ${run.attempt}` : "";
  return `${version} · ${beginningOf(run.trigger, run.started_by)}${attempt}`;
}
