import { expect, test } from "vitest";
import type { ChatMessage } from "@/api/generated/perdure.schemas";
import { branchTo, neighbourOf, withMessages } from "./branch";

const message = (id: string, parent: string | null, siblings = [id]) =>
  ({ id, parent_id: parent, siblings }) as ChatMessage;

test("a branch is what leads to its last message, and both of two answers know each other", () => {
  const first = withMessages(new Map(), [message("q", null), message("a", "q")]);
  const both = withMessages(first, [message("b", "q", ["a", "b"])]);
  expect(branchTo(both, "b")?.map(({ id }) => id)).toEqual(["q", "b"]);
  expect(branchTo(both, "a")?.map(({ id }) => id)).toEqual(["q", "a"]);
  const [, answer] = branchTo(both, "a") ?? [];
  expect(answer && neighbourOf(answer, 1)).toBe("b");
  expect(answer && neighbourOf(answer, -1)).toBeNull();
  expect(branchTo(both, "unknown")).toBeNull();
  expect(branchTo(both, null)).toEqual([]);
});
