import { ActionIcon, Button, Group, SegmentedControl, Text } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { CalendarEntry, CalendarSchedule } from "@/api/generated/perdure.schemas";
import { ErrorPanel } from "@/components/error-panel";
import { CalendarDay, type Shown } from "./calendar-day";
import { type Day, dayKey, later, mondayOf, weekFrom, weeksOf } from "./month";
import { calendarQuery } from "./queries";
import classes from "./triggers.module.css";

type View = "month" | "week";

const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric" });
const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });
const NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

interface Props {
  /** Only of this one; of the whole workspace by default. */
  workflow?: string;
}

/** Past and coming starts in a month or a week, in the time zone of the browser. */
export function ScheduleCalendar({ workflow }: Props) {
  const [view, setView] = useState<View>("month");
  const [at, setAt] = useState(() => new Date());
  const weeks = view === "month" ? weeksOf(at.getFullYear(), at.getMonth()) : [daysOf(at)];
  const [first, last] = [weeks[0]?.[0]?.date ?? at, later(weeks.at(-1)?.[6]?.date ?? at, 1)];
  const until = new Date(last.getTime() - 1_000);
  const read = useQuery(calendarQuery(first.toISOString(), until.toISOString(), workflow));
  const title = view === "month" ? MONTH.format(at) : `${DAY.format(first)} – ${DAY.format(until)}`;
  const move = (by: number) =>
    setAt(view === "month" ? new Date(at.getFullYear(), at.getMonth() + by, 1) : later(at, 7 * by));
  const entries = byDay(read.data?.items ?? [], read.data?.schedules ?? []);
  return (
    <div>
      <Group gap="xs" my="sm">
        <ActionIcon aria-label={`Go to the ${view} before`} onClick={() => move(-1)}>
          <IconChevronLeft size={16} />
        </ActionIcon>
        <ActionIcon aria-label={`Go to the ${view} after`} onClick={() => move(1)}>
          <IconChevronRight size={16} />
        </ActionIcon>
        <Button variant="default" size="compact-sm" onClick={() => setAt(new Date())}>
          Today
        </Button>
        <Text fw={560} size="sm" aria-live="polite">
          {title}
        </Text>
        <SegmentedControl
          ml="auto"
          size="xs"
          aria-label="Span of the calendar"
          value={view}
          onChange={(value) => setView(value as View)}
          data={[
            { value: "month", label: "Month" },
            { value: "week", label: "Week" },
          ]}
        />
      </Group>
      {read.isError && <ErrorPanel error={read.error} onRetry={() => void read.refetch()} />}
      <Frequent schedules={read.data?.schedules ?? []} />
      <Grid title={title} weeks={weeks} entries={entries} view={view} />
    </div>
  );
}

interface GridProps {
  title: string;
  weeks: readonly (readonly Day[])[];
  entries: Map<string, Shown[]>;
  view: View;
}

function Grid({ title, weeks, entries, view }: GridProps) {
  return (
    <table className={classes.month} data-view={view} aria-label={`Starts, ${title}`}>
      <thead>
        <tr>
          {NAMES.map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week[0]?.date.toISOString()}>
            {week.map((day) => (
              <CalendarDay
                key={dayKey(day.date)}
                day={day}
                entries={entries.get(dayKey(day.date)) ?? []}
                whole={view === "week"}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Schedules of which not every time is shown. */
function Frequent({ schedules }: { schedules: readonly CalendarSchedule[] }) {
  const frequent = schedules.filter((schedule) => schedule.frequent);
  if (frequent.length === 0) return null;
  return (
    <Text size="sm" c="dimmed" mb="xs">
      Not every time is shown of {frequent.map(({ name }) => name).join(", ")}: there are too many.
    </Text>
  );
}

function daysOf(at: Date): Day[] {
  return weekFrom(mondayOf(at)).map((date) => ({ date, inside: true }));
}

function byDay(
  items: readonly CalendarEntry[],
  schedules: readonly CalendarSchedule[],
): Map<string, Shown[]> {
  const named = new Map(schedules.map((schedule) => [schedule.id, schedule]));
  const days = new Map<string, Shown[]>();
  for (const entry of items) {
    const schedule = named.get(entry.schedule_id);
    if (!schedule) continue;
    const key = dayKey(new Date(entry.at));
    days.set(key, [...(days.get(key) ?? []), { entry, schedule }]);
  }
  return days;
}
