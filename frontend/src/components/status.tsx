import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleMinus,
  IconCircleXFilled,
  IconHourglass,
  IconLoader2,
  IconPlayerPauseFilled,
  type IconProps,
  IconRefresh,
  IconUserQuestion,
  IconZzz,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import classes from "./status.module.css";

export type Tone = "idle" | "running" | "waiting" | "done" | "failed";

interface Look {
  tone: Tone;
  label: string;
  icon: ComponentType<IconProps>;
  spins?: boolean;
}

/** Every status of runs, steps and requests: a colour, and an icon of its own for whoever does not see colours. */
const LOOKS = {
  pending: { tone: "idle", label: "Pending", icon: IconCircleDashed },
  running: { tone: "running", label: "Running", icon: IconLoader2, spins: true },
  retrying: { tone: "waiting", label: "Retrying", icon: IconRefresh },
  waiting: { tone: "waiting", label: "Waiting", icon: IconHourglass },
  asking: { tone: "waiting", label: "Waits for a person", icon: IconUserQuestion },
  paused: { tone: "waiting", label: "Paused", icon: IconPlayerPauseFilled },
  completed: { tone: "done", label: "Completed", icon: IconCircleCheckFilled },
  decided: { tone: "done", label: "Decided", icon: IconCircleCheckFilled },
  failed: { tone: "failed", label: "Failed", icon: IconCircleXFilled },
  expired: { tone: "failed", label: "Expired", icon: IconZzz },
  cancelled: { tone: "idle", label: "Cancelled", icon: IconCircleMinus },
  terminated: { tone: "failed", label: "Terminated", icon: IconAlertTriangleFilled },
  skipped: { tone: "idle", label: "Skipped", icon: IconCircleMinus },
  compensated: { tone: "waiting", label: "Undone", icon: IconRefresh },
} satisfies Record<string, Look>;

export type Status = keyof typeof LOOKS;

/** How a status is shown; one that this page does not know yet is shown by its name. */
export function lookOf(status: string): Look {
  return LOOKS[status as Status] ?? { tone: "idle", label: status, icon: IconCircleDashed };
}

interface Props {
  status: string;
  size?: number;
}

/** A status as an icon alone; its name is there for screen readers. */
export function StatusIcon({ status, size = 16 }: Props) {
  const { icon: Icon, label, tone, spins } = lookOf(status);
  return (
    <span
      role="img"
      aria-label={label}
      title={label}
      className={classes.icon}
      data-tone={tone}
      data-spins={spins}
    >
      <Icon size={size} aria-hidden />
    </span>
  );
}

/** A status as icon and word. */
export function StatusBadge({ status, size = 14 }: Props) {
  const { icon: Icon, label, tone, spins } = lookOf(status);
  return (
    <span className={classes.badge} data-tone={tone} data-status={status}>
      <span className={classes.icon} data-tone={tone} data-spins={spins}>
        <Icon size={size} aria-hidden />
      </span>
      {label}
    </span>
  );
}
