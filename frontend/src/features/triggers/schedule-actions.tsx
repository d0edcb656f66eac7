import { ActionIcon, Button, Menu, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconDots,
  IconHistoryToggle,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconTrash,
} from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Schedule } from "@/api/generated/perdure.schemas";
import { deleteSchedule, pauseSchedule, resumeSchedule, runSchedule } from "@/api/generated/schedules";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { BackfillDialog } from "./backfill-dialog";
import { triggerKeys } from "./queries";
import { ScheduleDialog } from "./schedule-dialog";
import { useAction } from "./use-action";

interface Props {
  schedule: Schedule;
  /** Whether one may change it. */
  manages: boolean;
  /** Whether one may start runs. */
  starts: boolean;
}

/** What can be done with a schedule. */
export function ScheduleActions({ schedule, manages, starts }: Props) {
  const { id, name, paused } = schedule;
  const [editing, edit] = useDisclosure(false);
  const [pausing, pause] = useDisclosure(false);
  const [filling, fill] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const resume = useAction({
    run: () => resumeSchedule(id),
    refresh: triggerKeys.schedules,
    done: `${name} goes on`,
    failed: `${name} still rests`,
  });
  return (
    <>
      {starts && <RunNow schedule={schedule} />}
      {manages && (
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon aria-label={`Actions of ${name}`}>
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconPencil size={14} />} onClick={edit.open}>
              Edit
            </Menu.Item>
            {paused ? (
              <Menu.Item leftSection={<IconPlayerPlay size={14} />} onClick={() => resume.mutate(undefined)}>
                Resume
              </Menu.Item>
            ) : (
              <Menu.Item leftSection={<IconPlayerPause size={14} />} onClick={pause.open}>
                Pause
              </Menu.Item>
            )}
            <Menu.Item leftSection={<IconHistoryToggle size={14} />} onClick={fill.open}>
              Make up for past times
            </Menu.Item>
            <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={remove.open}>
              Delete
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      <ScheduleDialog
        workflow={schedule.workflow}
        schedule={schedule}
        opened={editing}
        onClose={edit.close}
      />
      <PauseDialog schedule={schedule} opened={pausing} onClose={pause.close} />
      <BackfillDialog schedule={schedule} opened={filling} onClose={fill.close} />
      <DeleteDialog schedule={schedule} opened={deleting} onClose={remove.close} />
    </>
  );
}

function RunNow({ schedule }: { schedule: Schedule }) {
  const navigate = useNavigate();
  const run = useAction({
    run: () => runSchedule(schedule.id),
    refresh: triggerKeys.schedules,
    failed: `${schedule.name} was not started`,
    after: ({ run_id }) => {
      if (run_id) void navigate({ to: "/runs/$runId", params: { runId: run_id } });
    },
  });
  return (
    <Button
      variant="default"
      size="compact-sm"
      loading={run.isPending}
      aria-label={`Run now: ${schedule.name}`}
      onClick={() => run.mutate(undefined)}
    >
      Run now
    </Button>
  );
}

interface DialogProps {
  schedule: Schedule;
  opened: boolean;
  onClose: () => void;
}

function PauseDialog({ schedule, opened, onClose }: DialogProps) {
  const [reason, setReason] = useState("");
  const pause = useAction({
    run: () => pauseSchedule(schedule.id, reason ? { reason } : {}),
    refresh: triggerKeys.schedules,
    done: `${schedule.name} rests`,
    after: onClose,
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Pause ${schedule.name}?`}
      action="Pause"
      onConfirm={() => pause.mutate(undefined)}
      pending={pause.isPending}
      error={pause.error}
      harmless
      asks={
        <TextInput
          label="Reason"
          description="Shown with the schedule."
          data-autofocus
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      }
    >
      Times that pass meanwhile are left out; they can be made up for later.
    </ConfirmDialog>
  );
}

function DeleteDialog({ schedule, opened, onClose }: DialogProps) {
  const remove = useAction({
    run: () => deleteSchedule(schedule.id),
    refresh: triggerKeys.schedules,
    done: `${schedule.name} was deleted`,
    after: onClose,
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Delete ${schedule.name}?`}
      action="Delete"
      onConfirm={() => remove.mutate(undefined)}
      pending={remove.isPending}
      error={remove.error}
    >
      Nothing is started by it any more, and its history is gone. Its runs stay.
    </ConfirmDialog>
  );
}
