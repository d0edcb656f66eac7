import { Group, Modal, NumberInput, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Calendar, Preview } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { fromLocalField, toLocalField } from "@/lib/local-time";
import { calendarPreviewQuery } from "../queries";

const HOUR = 3_600;

interface Props {
  calendar: Calendar;
  opened: boolean;
  onClose: () => void;
}

/** When a deadline would be over in the hours of a calendar. */
export function PreviewDialog({ calendar, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={`A deadline in ${calendar.name}`}>
      <Trial calendar={calendar} />
    </Modal>
  );
}

function Trial({ calendar }: Pick<Props, "calendar">) {
  const [asked, setAsked] = useState({
    hours: 8 as number | string,
    from: toLocalField(new Date().toISOString()),
  });
  const [settled] = useDebouncedValue(asked, 300);
  const preview = useQuery({
    ...calendarPreviewQuery(calendar.id, Number(settled.hours) * HOUR, fromLocalField(settled.from)),
    placeholderData: keepPreviousData,
  });
  return (
    <Stack>
      <Group grow align="end">
        <NumberInput
          label="Open hours that it lasts"
          min={0}
          max={40_000}
          data-autofocus
          value={asked.hours}
          onChange={(hours) => setAsked({ ...asked, hours })}
        />
        <TextInput
          type="datetime-local"
          label="Asked at (your time)"
          value={asked.from}
          onChange={(event) => setAsked({ ...asked, from: event.currentTarget.value })}
        />
      </Group>
      <FormAlert error={preview.error} />
      <div aria-live="polite">{preview.data && <Result calendar={calendar} preview={preview.data} />}</div>
    </Stack>
  );
}

interface ResultProps {
  calendar: Calendar;
  preview: Preview;
}

function Result({ calendar, preview }: ResultProps) {
  const { due_at, holidays } = preview;
  return (
    <>
      <Text>
        Over on <b>{momentIn(due_at, calendar.time_zone)}</b>, {calendar.time_zone}.
      </Text>
      {holidays.length > 0 && (
        <Text size="sm" c="dimmed" mt={6}>
          Closed in between: {holidays.map(({ day, name }) => `${name} (${day})`).join(", ")}
        </Text>
      )}
    </>
  );
}

function momentIn(at: string, timeZone: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short", timeZone }).format(
    new Date(at),
  );
}
