import {
  Chip,
  Group,
  Input,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import type { CalendarTimes } from "@/api/generated/perdure.schemas";
import { sentenceOf } from "@/api/problem";
import { JsonInput } from "@/components/json-input";
import { moment } from "@/lib/format";
import { timesQuery } from "./queries";
import { type How, type TimesDraft, timesOf, WEEKDAYS, weekdayField, weekdaysOf } from "./times";
import classes from "./triggers.module.css";

const HOWS: { value: How; label: string }[] = [
  { value: "cron", label: "Cron" },
  { value: "every", label: "Interval" },
  { value: "calendar", label: "Calendar" },
  { value: "json", label: "JSON" },
];
const ZONES = Array.from(new Set(["UTC", ...Intl.supportedValuesOf("timeZone")]));

interface Props {
  draft: TimesDraft;
  onChange: (draft: TimesDraft) => void;
}

/** When a schedule acts; what comes of it is told while it is written. */
export function ScheduleTimes({ draft, onChange }: Props) {
  const set = (change: Partial<TimesDraft>) => onChange({ ...draft, ...change });
  const choose = (how: string) =>
    set({ how: how as How, ...(how === "json" && { json: JSON.stringify(timesOf(draft), null, 2) }) });
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm" fw={500} id="schedule-how">
          When
        </Text>
        <SegmentedControl
          mt={4}
          fullWidth
          aria-labelledby="schedule-how"
          value={draft.how}
          onChange={choose}
          data={HOWS}
        />
      </div>
      <When draft={draft} set={set} />
      {draft.how !== "json" && <Limits draft={draft} set={set} />}
      <NextTimes draft={draft} />
    </Stack>
  );
}

interface PartProps {
  draft: TimesDraft;
  set: (change: Partial<TimesDraft>) => void;
}

function When({ draft, set }: PartProps) {
  if (draft.how === "cron")
    return (
      <Textarea
        label="Cron expression"
        description="Minute, hour, day of the month, month, day of the week; several on lines of their own. @daily and the like are understood."
        required
        autosize
        minRows={1}
        spellCheck={false}
        value={draft.cron}
        onChange={(e) => set({ cron: e.currentTarget.value })}
      />
    );
  if (draft.how === "every")
    return (
      <SimpleGrid cols={2}>
        <TextInput
          label="Interval"
          description="Such as 15m, 6h or 1d."
          required
          value={draft.every}
          onChange={(e) => set({ every: e.currentTarget.value })}
        />
        <TextInput
          label="Offset"
          description="After each beginning, counted from 1970."
          value={draft.offset}
          onChange={(e) => set({ offset: e.currentTarget.value })}
        />
      </SimpleGrid>
    );
  if (draft.how === "calendar")
    return <Calendar value={draft.calendar} onChange={(calendar) => set({ calendar })} />;
  return (
    <JsonInput
      label="Times"
      description="cron, intervals, calendars, exceptions, time_zone, jitter, starts_at, ends_at"
      value={draft.json}
      onChange={(json) => set({ json })}
    />
  );
}

const PARTS: { name: keyof CalendarTimes; label: string }[] = [
  { name: "hour", label: "Hours" },
  { name: "minute", label: "Minutes" },
  { name: "second", label: "Seconds" },
  { name: "day_of_month", label: "Days of the month" },
  { name: "month", label: "Months" },
  { name: "year", label: "Years" },
];

interface CalendarProps {
  value: TimesDraft["calendar"];
  onChange: (value: TimesDraft["calendar"]) => void;
}

function Calendar({ value, onChange }: CalendarProps) {
  const days = weekdaysOf(value.day_of_week);
  return (
    <>
      {days === null ? (
        <TextInput
          label="Days of the week"
          value={value.day_of_week}
          onChange={(e) => onChange({ ...value, day_of_week: e.currentTarget.value })}
        />
      ) : (
        <Input.Wrapper label="Days of the week" labelElement="div" description="None chosen: every day.">
          <Chip.Group
            multiple
            value={days}
            onChange={(chosen) => onChange({ ...value, day_of_week: weekdayField(chosen) })}
          >
            <Group gap={6} mt={6}>
              {WEEKDAYS.map((day) => (
                <Chip key={day} value={day} size="xs" tt="capitalize">
                  {day}
                </Chip>
              ))}
            </Group>
          </Chip.Group>
        </Input.Wrapper>
      )}
      <SimpleGrid cols={{ base: 2, xs: 3 }}>
        {PARTS.map(({ name, label }) => (
          <TextInput
            key={name}
            label={label}
            value={value[name]}
            onChange={(e) => onChange({ ...value, [name]: e.currentTarget.value })}
          />
        ))}
      </SimpleGrid>
      <Text size="xs" c="dimmed">
        Each as in cron: * for all, 9-17, 1,15 or */10.
      </Text>
    </>
  );
}

function Limits({ draft, set }: PartProps) {
  return (
    <>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Select
          label="Time zone"
          searchable
          data={ZONES.includes(draft.zone) ? ZONES : [draft.zone, ...ZONES]}
          value={draft.zone}
          allowDeselect={false}
          onChange={(zone) => set({ zone: zone ?? "UTC" })}
        />
        <TextInput
          label="Jitter"
          placeholder="none, or such as 5m"
          value={draft.jitter}
          onChange={(e) => set({ jitter: e.currentTarget.value })}
        />
        <TextInput
          label="Not before"
          type="datetime-local"
          value={draft.from}
          onChange={(e) => set({ from: e.currentTarget.value })}
        />
        <TextInput
          label="Not after"
          type="datetime-local"
          value={draft.until}
          onChange={(e) => set({ until: e.currentTarget.value })}
        />
      </SimpleGrid>
      <TagsInput
        label="Except on"
        description="Days such as 2026-12-24, each ended by Enter."
        value={draft.except}
        onChange={(days) => set({ except: days.filter((day) => /^\d{4}-\d{2}-\d{2}$/.test(day)) })}
      />
    </>
  );
}

function NextTimes({ draft }: { draft: TimesDraft }) {
  const [settled] = useDebouncedValue(JSON.stringify(timesOf(draft)), 300);
  const times = JSON.parse(settled);
  const next = useQuery({ ...timesQuery(times), enabled: times !== null });
  const items = next.data?.items ?? [];
  return (
    <div role="status" className={classes.next}>
      {next.isError && (
        <Text size="sm" c="red">
          {sentenceOf(next.error)}
        </Text>
      )}
      {next.isSuccess && items.length === 0 && <Text size="sm">It never comes to that.</Text>}
      {!next.isError && items.length > 0 && (
        <>
          <Text size="sm" fw={500}>
            Next times, where you are
          </Text>
          <ol>
            {items.map((at) => (
              <li key={at}>{moment(at)}</li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
