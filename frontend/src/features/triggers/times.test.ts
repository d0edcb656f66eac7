import { describe, expect, test } from "vitest";
import { draftOf, emptyTimes, inWords, timesOf, weekdayField, weekdaysOf } from "./times";

const CALENDAR = {
  second: "0",
  minute: "30",
  hour: "8",
  day_of_month: "*",
  month: "*",
  day_of_week: "mon,fri",
  year: "*",
};
const EXCEPT = { year: "2026", month: "12", day_of_month: "24", hour: "*", minute: "*", second: "*" };

describe("what a form shows of a schedule is what it says again", () => {
  test.each([
    ["cron", { cron: ["0 9 * * 1", "0 18 * * 5"] }],
    ["every", { intervals: [{ every: 5_400, offset: 60 }] }],
    ["calendar", { calendars: [CALENDAR], exceptions: [EXCEPT] }],
    ["json", { cron: ["0 9 * * 1"], intervals: [{ every: 60, offset: 0 }] }],
    ["json", { cron: ["0 9 * * 1"], exceptions: [{ ...EXCEPT, year: "*" }] }],
  ])("by %s", (how, given) => {
    const times = { time_zone: "Europe/Berlin", jitter: 90, ...given };
    const draft = draftOf(times);
    expect(draft.how).toBe(how);
    const said = timesOf(draft);
    if (how === "json") expect(said).toEqual(times);
    else if (how === "every")
      expect(said).toMatchObject({ intervals: [{ every: "90m", offset: "1m" }], jitter: "90s" });
    else expect(said).toMatchObject({ ...given, time_zone: "Europe/Berlin", jitter: "90s" });
  });
});

test("JSON that is none says no times", () => {
  expect(timesOf({ ...emptyTimes("UTC"), how: "json", json: "{" })).toBeNull();
});

test("weekdays are read by name and number", () => {
  expect(weekdaysOf("1,fri")).toEqual(["mon", "fri"]);
  expect(weekdaysOf("mon-fri")).toBeNull();
  expect(weekdayField(["sun", "mon"])).toBe("mon,sun");
  expect(weekdayField([])).toBe("*");
});

test("times are told in words", () => {
  const told = inWords({
    time_zone: "UTC",
    jitter: 60,
    calendars: [CALENDAR],
    intervals: [{ every: 3_600 }],
  });
  expect(told).toBe("every 1h or at 08:30, weekday mon,fri in UTC, up to 1m late");
});
