import { Popover, UnstyledButton } from "@mantine/core";
import { IconClock } from "@tabler/icons-react";
import type { CalendarEntry, CalendarSchedule } from "@/api/generated/perdure.schemas";
import { LinkAnchor } from "@/components/links";
import { StatusIcon } from "@/components/status";
import { moment } from "@/lib/format";
import { type Day, dayKey } from "./month";
import classes from "./triggers.module.css";

export interface Shown {
  entry: CalendarEntry;
  schedule: CalendarSchedule;
}

const SHOWN = 3;
const CLOCK = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DATE = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });

interface Props {
  day: Day;
  entries: readonly Shown[];
  /** All of them, instead of the first few. */
  whole: boolean;
}

/** What a day of the calendar holds; the rest opens. */
export function CalendarDay({ day, entries, whole }: Props) {
  const today = dayKey(day.date) === dayKey(new Date());
  const few = whole ? entries : entries.slice(0, SHOWN);
  return (
    <td data-today={today || undefined} data-outside={!day.inside || undefined}>
      <time dateTime={day.date.toISOString().slice(0, 10)}>{day.date.getDate()}</time>
      <Entries entries={few} />
      {entries.length > 0 && (
        <Popover width={300} withArrow shadow="md" trapFocus>
          <Popover.Target>
            <UnstyledButton
              className={classes.more}
              data-none={entries.length === few.length || undefined}
              aria-label={`All ${entries.length} of ${DATE.format(day.date)}`}
            >
              <span className={classes.wide}>{entries.length - few.length} more</span>
              <span className={classes.narrow}>{entries.length}</span>
            </UnstyledButton>
          </Popover.Target>
          <Popover.Dropdown className={classes.day} aria-label={DATE.format(day.date)}>
            <Entries entries={entries} />
          </Popover.Dropdown>
        </Popover>
      )}
    </td>
  );
}

function Entries({ entries }: { entries: readonly Shown[] }) {
  if (entries.length === 0) return null;
  return (
    <ul>
      {entries.map(({ entry, schedule }) => (
        <Entry key={`${entry.schedule_id} ${entry.at} ${entry.status}`} entry={entry} schedule={schedule} />
      ))}
    </ul>
  );
}

function Entry({ entry, schedule }: Shown) {
  const told = `${CLOCK.format(new Date(entry.at))} ${schedule.name}`;
  const title = `${moment(entry.at)}, ${schedule.name} (${schedule.workflow})${entry.problem ? `: ${entry.problem}` : ""}`;
  return (
    <li title={title}>
      {entry.status === "coming" ? (
        <IconClock size={12} aria-label="Coming" role="img" />
      ) : (
        <StatusIcon status={entry.run_status ?? entry.status} size={12} />
      )}{" "}
      {entry.run_id === null ? (
        <span>{told}</span>
      ) : (
        <LinkAnchor to="/runs/$runId" params={{ runId: entry.run_id }} size="xs" c="inherit">
          {told}
        </LinkAnchor>
      )}
    </li>
  );
}
