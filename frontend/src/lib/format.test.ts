import { describe, expect, test } from "vitest";
import { count, duration, money, plural, relative, spanOf } from "./format";

describe("duration", () => {
  test.each([
    [-5, "0 ms"],
    [420, "420 ms"],
    [3_240, "3.2 s"],
    [59_999, "59 s"],
    [245_000, "4m 05s"],
    [7_260_000, "2h 01m"],
    [183_600_000, "2d 3h"],
  ])("%i ms is %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));
});

test.each([
  [0, "$0"],
  [0.00001, "<$0.0001"],
  [0.00123, "$0.0012"],
  [1.5, "$1.50"],
])("%d dollars are %s", (usd, text) => expect(money(usd)).toBe(text));

test("moments are told from now", () => {
  const now = Date.parse("2026-01-10T12:00:00Z");
  expect(relative("2026-01-10T11:59:30Z", now)).toBe("just now");
  expect(relative("2026-01-10T11:57:00Z", now)).toBe("3 minutes ago");
  expect(relative("2026-01-12T13:00:00Z", now)).toBe("in 2 days");
});

test("a span without an end lasts until now", () => {
  expect(spanOf("2026-01-01T00:00:00Z", null, Date.parse("2026-01-01T00:00:02Z"))).toBe(2_000);
  expect(spanOf(null, null, 0)).toBeNull();
});

test("counts are short and agree with their noun", () => {
  expect(count(12_400)).toBe("12.4K");
  expect(plural(1, "step")).toBe("1 step");
  expect(plural(0, "reply", "replies")).toBe("0 replies");
});
