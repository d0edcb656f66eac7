import { expect, test } from "vitest";
import { calendarOf, valuesOf, weekWords } from "./calendar-values";

test("a new calendar is office hours, told in a few words", () => {
  const { hours } = calendarOf({ ...valuesOf(undefined), name: " Office " });
  expect(hours.saturday).toEqual([]);
  expect(weekWords({ hours: hours as never })).toBe("Mon–Fri 09:00–17:00");
});

test("days of other hours are told apart", () => {
  const short = [{ begins: "10:00", ends: "12:00" }];
  const long = [{ begins: "08:00", ends: "18:00" }];
  expect(weekWords({ hours: { monday: long, tuesday: long, wednesday: short, sunday: short } })).toBe(
    "Mon–Tue 08:00–18:00; Wed 10:00–12:00; Sun 10:00–12:00",
  );
});
