import { expect, test } from "vitest";
import { countdown } from "./request-words";

const NOW = Date.parse("2026-01-01T12:00:00Z");

test.each([
  ["2026-01-01T12:04:05Z", "due in 4m 05s"],
  ["2026-01-04T12:00:00Z", "due in 3 days"],
  ["2026-01-01T11:59:59Z", "overdue"],
])("what is due at %s is %s", (due, words) => {
  expect(countdown(due, NOW)).toBe(words);
});
