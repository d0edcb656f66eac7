import type { ChatMessage } from "@/api/generated/perdure.schemas";

/** Messages by id, with those in the same place told of each other. */
export function withMessages(
  known: ReadonlyMap<string, ChatMessage>,
  fresh: readonly ChatMessage[],
): ReadonlyMap<string, ChatMessage> {
  const next = new Map(known);
  for (const message of fresh) {
    next.set(message.id, message);
    for (const id of message.siblings) {
      const sibling = next.get(id);
      if (sibling && sibling.siblings.length < message.siblings.length)
        next.set(id, { ...sibling, siblings: message.siblings });
    }
  }
  return next;
}

/** The messages that lead to one, the oldest first; null if one of them is not known here. */
export function branchTo(known: ReadonlyMap<string, ChatMessage>, head: string | null): ChatMessage[] | null {
  const found: ChatMessage[] = [];
  for (let id = head; id !== null; ) {
    const message = known.get(id);
    // The oldest of a long conversation are not loaded; there the branch begins.
    if (message === undefined) return found.length === 0 ? null : found.reverse();
    found.push(message);
    id = message.parent_id;
  }
  return found.reverse();
}

/** The message beside one, among those in the same place. */
export function neighbourOf({ id, siblings }: ChatMessage, by: 1 | -1): string | null {
  return siblings[siblings.indexOf(id) + by] ?? null;
}
