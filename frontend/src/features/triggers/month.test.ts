import { expect, test } from "vitest";
import { dayKey, weeksOf } from "./month";

test.each([
  [2026, 1, 5],
  [2026, 10, 6],
  [2027, 1, 4],
  [2026, 11, 5],
])("the weeks of %i-%i are whole, from Monday on, and hold each day once", (year, month, count) => {
  const weeks = weeksOf(year, month);
  expect(weeks).toHaveLength(count);
  expect(weeks.every((week) => week.length === 7 && week[0]?.date.getDay() === 1)).toBe(true);
  const inside = weeks.flat().filter((day) => day.inside);
  expect(new Set(inside.map((day) => dayKey(day.date))).size).toBe(new Date(year, month + 1, 0).getDate());
});
