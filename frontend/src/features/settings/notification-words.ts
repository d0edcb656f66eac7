import type { Notice, SentMessage } from "@/api/generated/perdure.schemas";

/** What people can be told of, in the order in which it happens. */
export const NOTICES: readonly { notice: Notice; label: string }[] = [
  { notice: "opened", label: "Somebody asks me" },
  { notice: "reminded", label: "A request still waits for me" },
  { notice: "escalated", label: "A request was escalated to me" },
  { notice: "delegated", label: "A request was handed to me" },
  { notice: "commented", label: "Somebody comments or asks back" },
  { notice: "decided", label: "A request of mine was decided" },
  { notice: "expired", label: "A request of mine has expired" },
  { notice: "handed_over", label: "A conversation is given to people" },
];

const OTHERS: Record<string, string> = {
  digest: "Digest",
  test: "Test message",
  invitation: "Invitation",
};

/** What a message was about. */
export function eventLabel(event: string): string {
  return NOTICES.find(({ notice }) => notice === event)?.label ?? OTHERS[event] ?? event;
}

/** How a message stands, and the colour of that. */
export function messageState({ status, held }: Pick<SentMessage, "status" | "held">): {
  label: string;
  color: string;
} {
  if (status === "sent") return { label: "Sent", color: "green" };
  if (status === "failed") return { label: "Failed", color: "red" };
  if (status === "skipped") return { label: "Not needed", color: "gray" };
  return held ? { label: "Held", color: "gray" } : { label: "On its way", color: "blue" };
}
