import { Modal, Select, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Overlap, Schedule, ScheduleContent } from "@/api/generated/perdure.schemas";
import { createSchedule, updateSchedule } from "@/api/generated/schedules";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { JsonInput } from "@/components/json-input";
import { spanText } from "@/lib/spans";
import { triggerKeys } from "./queries";
import { ScheduleTimes } from "./schedule-times";
import { draftOf, emptyTimes, type TimesDraft, timesOf } from "./times";
import { useAction } from "./use-action";

const OVERLAPS: { value: Overlap; label: string }[] = [
  { value: "skip", label: "Leave the time out" },
  { value: "buffer_one", label: "Start when it ends, once" },
  { value: "buffer_all", label: "Start when it ends, once for each time" },
  { value: "cancel_other", label: "Cancel it, then start" },
  { value: "terminate_other", label: "Terminate it at once, then start" },
  { value: "allow_all", label: "Start beside it" },
];

interface Props {
  workflow: string;
  /** The one to change; a new one otherwise. */
  schedule?: Schedule;
  opened: boolean;
  onClose: () => void;
}

/** Makes or changes a schedule; the next times are shown while it is written. */
export function ScheduleDialog({ opened, onClose, ...props }: Props) {
  const title = props.schedule ? `Edit ${props.schedule.name}` : "New schedule";
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg">
      <ScheduleForm {...props} onClose={onClose} />
    </Modal>
  );
}

interface Draft {
  name: string;
  version: string;
  times: TimesDraft;
  overlap: Overlap;
  catchUp: string;
  input: string;
}

function ScheduleForm({ workflow, schedule, onClose }: Omit<Props, "opened">) {
  const [draft, setDraft] = useState(() => draftFrom(schedule));
  const set = (change: Partial<Draft>) => setDraft((before) => ({ ...before, ...change }));
  const save = useAction({
    run: () =>
      schedule
        ? updateSchedule(schedule.id, contentOf(draft))
        : createSchedule({ workflow, ...contentOf(draft) }),
    refresh: triggerKeys.schedules,
    done: schedule ? `${draft.name} was changed` : `${draft.name} was made`,
    after: onClose,
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <Stack>
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <TextInput
            label="Name"
            required
            data-autofocus
            value={draft.name}
            onChange={(e) => set({ name: e.currentTarget.value })}
          />
          <TextInput
            label="Version"
            placeholder="the newest at each start"
            inputMode="numeric"
            value={draft.version}
            onChange={(e) => set({ version: e.currentTarget.value.replace(/\D/g, "") })}
          />
        </SimpleGrid>
        <ScheduleTimes draft={draft.times} onChange={(times) => set({ times })} />
        <SimpleGrid cols={{ base: 1, xs: 2 }}>
          <Select
            label="While a run of it goes on"
            data={OVERLAPS}
            value={draft.overlap}
            allowDeselect={false}
            onChange={(value) => set({ overlap: (value ?? "skip") as Overlap })}
          />
          <TextInput
            label="Make up for missed times of the last"
            required
            value={draft.catchUp}
            onChange={(e) => set({ catchUp: e.currentTarget.value })}
          />
        </SimpleGrid>
        <JsonInput
          label="Input of each run"
          description="{{ schedule.at }}, {{ schedule.name }} and {{ schedule.id }} are filled in."
          value={draft.input}
          onChange={(input) => set({ input })}
          minRows={3}
        />
        <FormAlert error={save.error} withFields />
        <FormFooter action={schedule ? "Save" : "Create"} pending={save.isPending} onCancel={onClose} />
      </Stack>
    </form>
  );
}

function draftFrom(schedule: Schedule | undefined): Draft {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  return {
    name: schedule?.name ?? "",
    version: String(schedule?.version ?? ""),
    times: schedule ? draftOf(schedule.times) : emptyTimes(here),
    overlap: schedule?.overlap ?? "skip",
    catchUp: spanText(schedule?.catch_up ?? 3_600),
    input: JSON.stringify(schedule?.input ?? {}, null, 2),
  };
}

function contentOf(draft: Draft): ScheduleContent {
  const times = timesOf(draft.times);
  if (times === null) throw new Error("The times are no JSON.");
  return {
    name: draft.name,
    version: draft.version ? Number(draft.version) : null,
    times,
    overlap: draft.overlap,
    catch_up: draft.catchUp,
    input: JSON.parse(draft.input) as unknown,
  };
}
