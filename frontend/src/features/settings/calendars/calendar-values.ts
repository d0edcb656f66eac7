import { isNotEmpty } from "@mantine/form";
import type { Calendar, CalendarContent } from "@/api/generated/perdure.schemas";
import { type HoursText, hoursOf, hoursText, spansOf, WEEKDAYS } from "./hours-text";

/** A calendar as its form holds it. */
export interface CalendarValues {
  name: string;
  time_zone: string;
  hours: HoursText;
  country: string | null;
  subdivision: string | null;
  closed: string[];
}

const OFFICE = [{ begins: "09:00", ends: "17:00" }];
const OFFICE_WEEK = { monday: OFFICE, tuesday: OFFICE, wednesday: OFFICE, thursday: OFFICE, friday: OFFICE };

/** What the form begins with: office hours where the viewer is. */
export function valuesOf(calendar: Calendar | undefined): CalendarValues {
  return {
    name: calendar?.name ?? "",
    time_zone: calendar?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    hours: hoursText(calendar?.hours ?? OFFICE_WEEK),
    country: calendar?.country ?? null,
    subdivision: calendar?.subdivision ?? null,
    closed: calendar?.closed ?? [],
  };
}

/** What the API is sent. */
export function calendarOf({ hours, ...rest }: CalendarValues): CalendarContent {
  return { ...rest, name: rest.name.trim(), hours: hoursOf(hours) };
}

const dayCheck = (text: string) => (spansOf(text) === null ? "Such as 09:00–17:00" : null);

/** What can be said about the form before anybody is asked. */
export const CALENDAR_CHECKS = {
  name: isNotEmpty("Give it a name."),
  hours: Object.fromEntries(WEEKDAYS.map((day) => [day, dayCheck])) as Record<
    keyof HoursText,
    typeof dayCheck
  >,
};

const REGIONS = new Intl.DisplayNames("en", { type: "region" });

/** A country by its name. */
export function countryName(code: string): string {
  return REGIONS.of(code) ?? code;
}

/** `Mon–Fri 09:00–17:00`, days of the same hours together. */
export function weekWords({ hours }: Pick<Calendar, "hours">): string {
  const text = hoursText(hours);
  const groups: { first: string; last: string; hours: string }[] = [];
  for (const day of WEEKDAYS) {
    const latest = groups.at(-1);
    const short = `${day.charAt(0).toUpperCase()}${day.slice(1, 3)}`;
    if (latest?.hours === text[day]) latest.last = short;
    else groups.push({ first: short, last: short, hours: text[day] });
  }
  return groups
    .filter((group) => group.hours !== "")
    .map(({ first, last, hours: open }) => `${first === last ? first : `${first}–${last}`} ${open}`)
    .join("; ");
}
