import type { Approval } from "@/api/generated/perdure.schemas";
import { duration, relative } from "@/lib/format";

interface Face {
  /** Status whose icon stands for the request. */
  status: string;
  words: string;
}

/** How a request stands, in a few words. */
export function faceOf(request: Approval, now: number): Face {
  switch (request.status) {
    case "pending":
      return {
        status: request.purpose === "approval" ? "asking" : "failed",
        words: deadline(request, now),
      };
    case "decided":
      return { status: request.decision === "rejected" ? "cancelled" : "decided", words: outcomeOf(request) };
    case "expired":
      return { status: "expired", words: "nobody answered in time" };
    default:
      return { status: "cancelled", words: "no longer asked" };
  }
}

/** Who has decided what. */
export function outcomeOf({ decision, decided_by, decisions }: Approval): string {
  const label = decisions.find(({ name }) => name === decision)?.label ?? decision ?? "decided";
  return decided_by ? `${label} by ${decided_by}` : label;
}

function deadline({ due_at }: Approval, now: number): string {
  if (due_at === null) return "no deadline";
  return Date.parse(due_at) < now ? "overdue" : `due ${relative(due_at, now)}`;
}

const SOON = 86_400_000;

/** What is left until the deadline; to the second on its last day. */
export function countdown(due: string, now: number): string {
  const left = Date.parse(due) - now;
  if (left < 0) return "overdue";
  return left < SOON ? `due in ${duration(left)}` : `due ${relative(due, now)}`;
}
