import { SimpleGrid, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Schedule } from "@/api/generated/perdure.schemas";
import { backfillSchedule } from "@/api/generated/schedules";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { plural } from "@/lib/format";
import { fromLocalField, toLocalField } from "@/lib/local-time";
import { notifyDone } from "@/lib/notify";
import { triggerKeys } from "./queries";
import { useAction } from "./use-action";

const DAY = 24 * 3_600_000;

interface Props {
  schedule: Schedule;
  opened: boolean;
  onClose: () => void;
}

/** Asks for a span of past time whose runs are to be made up for. */
export function BackfillDialog({ schedule, opened, onClose }: Props) {
  const [from, setFrom] = useState(() => toLocalField(new Date(Date.now() - DAY).toISOString()));
  const [until, setUntil] = useState(() => toLocalField(new Date().toISOString()));
  const fill = useAction({
    run: () =>
      backfillSchedule(schedule.id, {
        starts_at: fromLocalField(from) ?? "",
        ends_at: fromLocalField(until) ?? "",
      }),
    refresh: triggerKeys.schedules,
    after: ({ times }) => {
      notifyDone(`${plural(times, "time")} of ${schedule.name} will be made up for`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Make up for past times of ${schedule.name}`}
      action="Make up for them"
      onConfirm={() => fill.mutate(undefined)}
      pending={fill.isPending}
      error={fill.error}
      harmless
      asks={
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            label="From"
            type="datetime-local"
            required
            data-autofocus
            value={from}
            onChange={(event) => setFrom(event.currentTarget.value)}
          />
          <TextInput
            label="Until"
            type="datetime-local"
            required
            value={until}
            onChange={(event) => setUntil(event.currentTarget.value)}
          />
        </SimpleGrid>
      }
    >
      A run is started for each time in between, one after the other. A time that has its run gets no other.
    </ConfirmDialog>
  );
}
