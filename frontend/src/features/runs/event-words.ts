import type { RunEvent } from "@/api/generated/perdure.schemas";
import { money, plural } from "@/lib/format";

interface Words {
  /** Status whose icon stands before the line. */
  status: string;
  text: string;
}

/** An event as a line of the log. */
export function describeEvent(event: RunEvent): Words {
  const describe = WORDS[event.type];
  return describe ? describe(event) : { status: "pending", text: event.type };
}

const WORDS: Partial<Record<RunEvent["type"], (event: RunEvent) => Words>> = {
  "run.created": ({ data }) => ({ status: "pending", text: `created by ${data.trigger ?? "somebody"}` }),
  "run.started": ({ data }) => ({ status: "running", text: `started${attemptOf(data.attempt)}` }),
  "run.paused": ({ data }) => ({ status: "paused", text: `paused${reasonOf(data)}` }),
  "run.resumed": ({ data }) => ({ status: "running", text: `goes on${reasonOf(data)}` }),
  "run.cancel_requested": ({ data }) => ({
    status: "cancelled",
    text: `is to be cancelled${reasonOf(data)}`,
  }),
  "run.completed": () => ({ status: "completed", text: "completed" }),
  "run.failed": ({ data }) => ({ status: "failed", text: `failed: ${errorOf(data)}` }),
  "run.cancelled": ({ data }) => ({ status: "cancelled", text: `cancelled${reasonOf(data)}` }),
  "run.terminated": ({ data }) => ({ status: "terminated", text: `terminated${reasonOf(data)}` }),
  "run.retried": ({ data }) => ({ status: "retrying", text: `is retried${attemptOf(data.attempt)}` }),
  "step.started": ({ attempt, iteration }) => ({
    status: "running",
    text: `started${attemptOf(attempt)}${iteration ? ` (round ${iteration + 1})` : ""}`,
  }),
  "step.waiting": () => ({ status: "waiting", text: "waits" }),
  "step.superseded": ({ attempt }) => ({
    status: "retrying",
    text: `text of attempt ${attempt ?? 1} no longer counts`,
  }),
  "step.retrying": ({ data, attempt }) => ({
    status: "retrying",
    text: `attempt ${attempt ?? 1} failed: ${errorOf(data)}`,
  }),
  "step.completed": ({ data }) => ({ status: "completed", text: `completed${portOf(data)}${costOf(data)}` }),
  "step.failed": ({ data }) => ({ status: "failed", text: `failed: ${errorOf(data)}` }),
  "step.skipped": () => ({ status: "skipped", text: "skipped" }),
  "step.cancelled": () => ({ status: "cancelled", text: "cancelled" }),
  "step.compensated": () => ({ status: "compensated", text: "undone" }),
  "approval.opened": ({ data }) => ({ status: "asking", text: `asks: ${data.title ?? ""}` }),
  "approval.decided": ({ data }) => ({
    status: "decided",
    text: `decided: ${data.decision ?? ""}${byOf(data)}`,
  }),
  "approval.expired": () => ({ status: "expired", text: "nobody answered in time" }),
};

type Data = RunEvent["data"];

function attemptOf(attempt: unknown): string {
  return typeof attempt === "number" && attempt > 1 ? `, attempt ${attempt}` : "";
}

function reasonOf({ reason }: Data): string {
  return typeof reason === "string" && reason !== "" ? `: ${reason}` : "";
}

function errorOf({ error }: Data): string {
  return typeof error === "object" && error !== null && "message" in error
    ? String(error.message)
    : "no reason is known";
}

function portOf({ port }: Data): string {
  return typeof port === "string" && port !== "out" ? `, leaves by ${port}` : "";
}

function costOf({ cost_usd, tokens_in, tokens_out }: Data): string {
  if (typeof tokens_in !== "number" || tokens_in === 0) return "";
  const tokens = tokens_in + (typeof tokens_out === "number" ? tokens_out : 0);
  return ` · ${plural(tokens, "token")}${typeof cost_usd === "number" ? `, ${money(cost_usd)}` : ""}`;
}

function byOf({ by, decided_by }: Data): string {
  const name = by ?? decided_by;
  return typeof name === "string" ? ` by ${name}` : "";
}
