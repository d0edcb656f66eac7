import type { BulkJob, BulkOperation, BulkPreview } from "@/api/generated/perdure.schemas";
import { money, plural } from "@/lib/format";

type Offered = Exclude<BulkOperation, "fork">;

interface Words {
  /** On the button: `Cancel`. */
  label: string;
  /** What happens to each run. */
  meaning: string;
  /** While it goes on: `Cancelling`. */
  doing: string;
  harsh?: boolean;
}

/** Operations on many runs, as people call them. */
export const OPERATIONS: Readonly<Record<Offered, Words>> = {
  cancel: {
    label: "Cancel",
    doing: "Cancelling",
    meaning: "What is under way stops. Finished steps that can be undone are undone, in reverse order.",
    harsh: true,
  },
  pause: {
    label: "Pause",
    doing: "Pausing",
    meaning: "Each run pauses as soon as the steps that are under way have ended.",
  },
  resume: { label: "Resume", doing: "Resuming", meaning: "Paused runs go on." },
  retry: {
    label: "Retry",
    doing: "Retrying",
    meaning: "Each run goes on from where it stopped; what was finished is kept.",
  },
  terminate: {
    label: "Terminate",
    doing: "Terminating",
    meaning: "Each run ends at once, and nothing is undone. Prefer to cancel runs unless they are stuck.",
    harsh: true,
  },
};

export const OFFERED = Object.keys(OPERATIONS) as Offered[];

export function doingOf(operation: BulkOperation): string {
  return operation === "fork" ? "Forking" : OPERATIONS[operation].doing;
}

/** What starting it would mean beyond the runs themselves. */
export function consequencesOf(preview: BulkPreview): string[] {
  const told: string[] = [];
  if (preview.open_approvals > 0) {
    told.push(`${plural(preview.open_approvals, "open request")} to people would be withdrawn.`);
  }
  if (preview.child_runs > 0) {
    told.push(`${plural(preview.child_runs, "run")} that they have started would share their fate.`);
  }
  if (preview.lost_usd > 0)
    told.push(`${money(preview.lost_usd)} was spent on runs that will not be finished.`);
  if (preview.expected_usd !== null && preview.expected_usd > 0) {
    told.push(`It will cost about ${money(preview.expected_usd)}.`);
  }
  if (preview.unknown.length > 0) told.push(`${plural(preview.unknown.length, "run")} no longer exist.`);
  return told;
}

/** How far a job is, in a sentence. */
export function progressOf({ done, skipped, failed, total }: BulkJob): string {
  const parts = [`${done} of ${plural(total, "run")} done`];
  if (skipped > 0) parts.push(`${skipped} left out`);
  if (failed > 0) parts.push(`${failed} failed`);
  return parts.join(", ");
}
