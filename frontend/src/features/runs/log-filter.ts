import type { RunEvent } from "@/api/generated/perdure.schemas";
import { describeEvent } from "./event-words";

export type LogGroup = "all" | "problems" | "people" | "run";

export const LOG_GROUPS: readonly { value: LogGroup; label: string }[] = [
  { value: "all", label: "Everything" },
  { value: "problems", label: "Problems" },
  { value: "people", label: "People" },
  { value: "run", label: "Run" },
];

const PROBLEMS = new Set<RunEvent["type"]>([
  "run.failed",
  "run.terminated",
  "step.failed",
  "step.retrying",
  "step.superseded",
  "approval.expired",
]);

/** Whether an event is of a group and says what is looked for. Pieces of streamed text are no lines of the log. */
export function isWanted(event: RunEvent, group: LogGroup, text: string): boolean {
  if (event.type === "step.delta") return false;
  if (group === "problems" && !PROBLEMS.has(event.type)) return false;
  if (group === "people" && !event.type.startsWith("approval.")) return false;
  if (group === "run" && event.path !== null) return false;
  if (text === "") return true;
  const line = `${event.path ?? "run"} ${event.data.name ?? ""} ${describeEvent(event).text}`;
  return line.toLowerCase().includes(text.toLowerCase());
}
