import { expect, test } from "vitest";
import { expiryOf, LIFETIMES } from "./key-choices";

test("a key ends so many days from now, or never", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");
  expect(expiryOf("30", now)).toBe("2026-03-31T12:00:00.000Z");
  expect(expiryOf("", now)).toBeNull();
  expect(LIFETIMES.every(({ value }) => value === "" || Number(value) > 0)).toBe(true);
});
