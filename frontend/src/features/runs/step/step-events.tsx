import { UnstyledButton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import type { RunEvent } from "@/api/generated/perdure.schemas";
import { JsonView } from "@/components/json-view";
import { useRun } from "@/components/live-run/run-store";
import { StatusIcon } from "@/components/status";
import { clock } from "@/lib/format";
import type { StepState } from "@/lib/run-state";
import { describeEvent } from "../event-words";
import classes from "./step-events.module.css";

interface Props {
  step: StepState;
}

/** What was recorded of a step, event by event; each opens to all that it says. */
export function StepEvents({ step }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <section className={classes.root}>
      <UnstyledButton className={classes.header} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconChevronRight size={14} className={classes.chevron} aria-hidden />
        Recorded events
      </UnstyledButton>
      {open && <Events step={step} />}
    </section>
  );
}

function Events({ step }: Props) {
  const all = useRun((run) => run.events);
  const until = useRun((run) => run.shown.seq);
  const events = useMemo(() => eventsOf(all, step.path, step.iteration, until), [all, step, until]);
  const [chosen, choose] = useState<number | null>(null);
  return (
    <ol className={classes.list}>
      {events.map((event) => (
        <li key={event.seq}>
          <UnstyledButton
            className={classes.line}
            aria-expanded={chosen === event.seq}
            onClick={() => choose(chosen === event.seq ? null : event.seq)}
          >
            <StatusIcon status={describeEvent(event).status} size={14} />
            <span className={classes.time}>{clock(event.at)}</span>
            <span className={classes.text}>{describeEvent(event).text}</span>
          </UnstyledButton>
          {chosen === event.seq && (
            <JsonView label={`${event.type}, number ${event.seq}`} value={event.data} />
          )}
        </li>
      ))}
    </ol>
  );
}

function eventsOf(all: readonly RunEvent[], path: string, iteration: number, until: number): RunEvent[] {
  return all.filter(
    (event) =>
      event.path === path &&
      (event.iteration ?? 0) === iteration &&
      event.seq <= until &&
      event.type !== "step.delta",
  );
}
