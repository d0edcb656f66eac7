import { expect, test } from "vitest";
import { hoursOf, hoursText, shareOf, spansOf } from "./hours-text";

test("hours are read as people write them", () => {
  expect(spansOf("9-12, 13:00–17:30")).toEqual([
    { begins: "09:00", ends: "12:00" },
    { begins: "13:00", ends: "17:30" },
  ]);
  expect(spansOf("22 to 24")).toEqual([{ begins: "22:00", ends: "24:00" }]);
  expect(spansOf(" ")).toEqual([]);
});

test("what is no hours is refused", () => {
  for (const text of ["nine to five", "17-9", "9", "25-26", "9:70-10", "24:00-24:00"])
    expect(spansOf(text)).toBeNull();
});

test("a week survives the way through its texts", () => {
  const week = { monday: [{ begins: "09:00", ends: "17:00" }], friday: [] };
  const text = hoursText(week);
  expect(text.monday).toBe("09:00–17:00");
  expect(hoursOf(text).monday).toEqual(week.monday);
  expect(hoursOf(text).sunday).toEqual([]);
  expect(shareOf({ begins: "06:00", ends: "18:00" })).toEqual({ left: 0.25, width: 0.5 });
});
