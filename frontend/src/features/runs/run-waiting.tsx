import { Button, Text } from "@mantine/core";
import {
  IconAlertTriangle,
  IconClock,
  IconHierarchy,
  IconPlayerPause,
  type IconProps,
  IconRefresh,
  IconUserQuestion,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { Run, Wait, WaitKind } from "@/api/generated/perdure.schemas";
import { hasEnded } from "@/api/queries/runs";
import { LinkButton } from "@/components/links";
import { useRun } from "@/components/live-run/run-store";
import { useNow } from "@/lib/clock";
import { relative } from "@/lib/format";
import classes from "./run-waiting.module.css";

interface Props {
  run: Run;
  onSelect: (node: string) => void;
}

/** Why the run does not go on: whom or what it waits for, and until when. */
export function RunWaiting({ run, onSelect }: Props) {
  const asks = useRun((state) =>
    Object.values(state.live.nodes).some((node) => (node.counts.asking ?? 0) > 0),
  );
  const looksBack = useRun((state) => state.at !== null);
  const { waiting } = run;
  if (waiting === null || hasEnded(run.status) || looksBack) return null;
  const { kind } = waiting;
  // Events are faster than the answer that says why; what they know to be over is not said any more.
  if (kind === "step" || kind === "start" || (kind === "approval" && !asks)) return null;
  const Icon = ICONS[kind] ?? IconClock;
  return (
    <div className={classes.banner} data-tone={TROUBLES.has(kind) ? "failed" : "waiting"} role="status">
      <Icon size={18} aria-hidden />
      <Text size="sm" className={classes.text}>
        <b>{HEADS[kind] ?? "Waits:"}</b> {waiting.sentence.replace(SAID, "")}
        <Rest waiting={waiting} />
      </Text>
      <WayOut waiting={waiting} onSelect={onSelect} />
    </div>
  );
}

function Rest({ waiting }: { waiting: Wait }) {
  const now = useNow();
  return (
    <>
      {waiting.until && ` (${relative(waiting.until, now)})`}
      {waiting.others > 0 && ` And ${waiting.others} more.`}
    </>
  );
}

/** Where somebody can do something about it. */
function WayOut({ waiting, onSelect }: { waiting: Wait; onSelect: (node: string) => void }) {
  const { approval_id, run_id, node } = waiting;
  if (approval_id) {
    return (
      <LinkButton to="/inbox" search={{ request: approval_id }} size="compact-sm" variant="default">
        Open in the inbox
      </LinkButton>
    );
  }
  if (run_id) {
    return (
      <LinkButton to="/runs/$runId" params={{ runId: run_id }} size="compact-sm" variant="default">
        Open that run
      </LinkButton>
    );
  }
  if (!node) return null;
  return (
    <Button size="compact-sm" variant="default" onClick={() => onSelect(node.replace(/\[\d+\]/g, ""))}>
      Show the step
    </Button>
  );
}

/** How sentences begin that say again what stands before them. */
const SAID = /^(Waits for (the )?|Paused )/;

const HEADS: Partial<Record<WaitKind, string>> = {
  approval: "Waits for a person:",
  intervention: "Waits for a person:",
  retry: "Tries again:",
  event: "Waits for an event:",
  timer: "Waits for its time:",
  sub_run: "Waits for another run:",
  paused: "Paused:",
  cancelling: "Is being cancelled:",
  limit: "Waits for its turn:",
  worker: "No worker:",
  engine: "The engine:",
};

const ICONS: Partial<Record<WaitKind, ComponentType<IconProps>>> = {
  approval: IconUserQuestion,
  intervention: IconUserQuestion,
  retry: IconRefresh,
  sub_run: IconHierarchy,
  paused: IconPlayerPause,
  worker: IconAlertTriangle,
  engine: IconAlertTriangle,
};

/** These are not part of a plan. */
const TROUBLES = new Set<WaitKind>(["worker", "engine"]);
