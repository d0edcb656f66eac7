import type { RunStatus } from "@/api/generated/perdure.schemas";

interface RunGroup {
  name: string;
  label: string;
  status?: RunStatus[];
}

/** How people look for runs: what goes on, what went wrong, what is done. */
export const RUN_GROUPS: readonly RunGroup[] = [
  { name: "all", label: "All" },
  { name: "active", label: "Going on", status: ["pending", "running", "paused"] },
  { name: "failed", label: "Failed", status: ["failed", "terminated"] },
  { name: "completed", label: "Completed", status: ["completed"] },
  { name: "cancelled", label: "Cancelled", status: ["cancelled"] },
];

const ALL: RunGroup = { name: "all", label: "All" };

export function groupOf(name: string | undefined): RunGroup {
  return RUN_GROUPS.find((group) => group.name === name) ?? ALL;
}
