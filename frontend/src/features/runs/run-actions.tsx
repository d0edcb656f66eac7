import { Button, Group, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconArrowsDiff,
  IconBan,
  IconDots,
  IconGitFork,
  IconMessagePlus,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconRefresh,
  IconSkull,
} from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { Run } from "@/api/generated/perdure.schemas";
import { cancelRun, pauseRun, resumeRun, retryRun, terminateRun } from "@/api/generated/runs";
import { may, meQuery } from "@/api/queries/account";
import { hasEnded, runKeys } from "@/api/queries/runs";
import { notifyDone, notifyFailure } from "@/lib/notify";
import { CompareDialog } from "./compare/compare-dialog";
import { ReasonDialog } from "./reason-dialog";
import { SayDialog, useAgents } from "./say-dialog";

interface Props {
  run: Run;
  onFork: () => void;
}

/** What can be done with a run as it stands; the likeliest of it as a button. */
export function RunActions({ run, onFork }: Props) {
  const { data: me } = useQuery(meQuery);
  const [cancelling, cancel] = useDisclosure(false);
  const [terminating, terminate] = useDisclosure(false);
  const [comparing, compare] = useDisclosure(false);
  const [saying, say] = useDisclosure(false);
  const steer = useSteer(run.id);
  const steers = may(me, "runs:steer");
  const ended = hasEnded(run.status);
  const agents = useAgents(run, steers && !ended);
  return (
    <Group gap="xs">
      {steers && <MainAction run={run} steer={steer} />}
      {agents.length > 0 && (
        <Button size="xs" variant="default" leftSection={<IconMessagePlus size={15} />} onClick={say.open}>
          Say something
        </Button>
      )}
      {steers && !ended && (
        <Button size="xs" variant="default" leftSection={<IconBan size={15} />} onClick={cancel.open}>
          Cancel
        </Button>
      )}
      <Menu>
        <Menu.Target>
          <Button size="xs" variant="default" px={9} aria-label="More actions">
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconArrowsDiff size={16} />} onClick={compare.open}>
            Compare with another run …
          </Menu.Item>
          {steers && (
            <Menu.Item leftSection={<IconGitFork size={16} />} onClick={onFork}>
              Fork from a step …
            </Menu.Item>
          )}
          {steers && !ended && (
            <Menu.Item
              c="var(--mantine-color-error)"
              leftSection={<IconSkull size={16} />}
              onClick={terminate.open}
            >
              Terminate …
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <ReasonDialog
        opened={cancelling}
        onClose={cancel.close}
        title="Cancel this run?"
        action="Cancel the run"
        onConfirm={(reason) => steer.mutate({ action: "cancel", reason })}
      >
        What is under way stops. Finished steps that can be undone are undone, in reverse order.
      </ReasonDialog>
      <ReasonDialog
        opened={terminating}
        onClose={terminate.close}
        title="Terminate this run?"
        action="Terminate"
        onConfirm={(reason) => steer.mutate({ action: "terminate", reason })}
      >
        The run ends at once, and nothing is undone. Prefer to cancel it unless it is stuck.
      </ReasonDialog>
      {saying && <SayDialog run={run} agents={agents} onClose={say.close} />}
      {comparing && <CompareDialog run={run} onClose={compare.close} />}
    </Group>
  );
}

type Steer = ReturnType<typeof useSteer>;

function MainAction({ run, steer }: { run: Run; steer: Steer }) {
  const shared = { size: "xs", loading: steer.isPending } as const;
  if (run.status === "paused") {
    return (
      <Button
        {...shared}
        leftSection={<IconPlayerPlayFilled size={13} />}
        onClick={() => steer.mutate({ action: "resume" })}
      >
        Resume
      </Button>
    );
  }
  if (run.status === "failed" || run.status === "cancelled" || run.status === "terminated") {
    return (
      <Button
        {...shared}
        leftSection={<IconRefresh size={15} />}
        onClick={() => steer.mutate({ action: "retry" })}
      >
        Retry
      </Button>
    );
  }
  if (hasEnded(run.status)) return null;
  return (
    <Button
      {...shared}
      variant="default"
      leftSection={<IconPlayerPauseFilled size={13} />}
      onClick={() => steer.mutate({ action: "pause" })}
    >
      Pause
    </Button>
  );
}

interface Order {
  action: "cancel" | "terminate" | "pause" | "resume" | "retry";
  reason?: string | null;
}

const SAID: Record<Order["action"], string> = {
  cancel: "The run is being cancelled.",
  terminate: "The run was terminated.",
  pause: "The run pauses as soon as what is under way has ended.",
  resume: "The run goes on.",
  retry: "The run goes on from where it stopped; what was finished is kept.",
};

function useSteer(runId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ action, reason = null }: Order): Promise<Run> => {
      if (action === "retry") return retryRun(runId);
      const send = { cancel: cancelRun, terminate: terminateRun, pause: pauseRun, resume: resumeRun }[action];
      return send(runId, { reason });
    },
    onSuccess: (_, { action }) => {
      notifyDone(SAID[action]);
      void client.invalidateQueries({ queryKey: runKeys.all });
    },
    onError: (error, { action }) => notifyFailure(`The run was not changed (${action})`, error),
  });
}
