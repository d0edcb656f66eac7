import type { Hours, Span } from "@/api/generated/perdure.schemas";

export const WEEKDAYS = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Hours of each day as people write them. */
export type HoursText = Record<Weekday, string>;

const SPAN = /^(\d{1,2})(?::(\d{2}))?\s*(?:-|–|—|to)\s*(\d{1,2})(?::(\d{2}))?$/;

/** `9-12, 13:00–17:30` as spans; none for an empty text, null for what is no hours. */
export function spansOf(text: string): Span[] | null {
  const parts = text
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter(Boolean);
  const spans = parts.map(spanOf);
  return spans.every((span) => span !== null) ? spans : null;
}

function spanOf(text: string): Span | null {
  const found = SPAN.exec(text);
  if (found === null) return null;
  const [begins, ends] = [timeOf(found[1], found[2]), timeOf(found[3], found[4])];
  return begins !== null && ends !== null && begins < ends && begins < "24:00" ? { begins, ends } : null;
}

function timeOf(hour = "", minute = "00"): string | null {
  const time = `${hour.padStart(2, "0")}:${minute}`;
  return /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(time) ? time : null;
}

/** Spans as people write them. */
export function textOf(spans: readonly Span[] = []): string {
  return spans.map(({ begins, ends }) => `${begins}–${ends}`).join(", ");
}

/** All days as texts. */
export function hoursText(hours: { [day: string]: Span[] }): HoursText {
  return Object.fromEntries(WEEKDAYS.map((day) => [day, textOf(hours[day])])) as HoursText;
}

/** All days as the API takes them; what is no hours counts as closed. */
export function hoursOf(text: HoursText): Hours {
  return Object.fromEntries(WEEKDAYS.map((day) => [day, spansOf(text[day]) ?? []]));
}

/** A span as shares of its day, to be painted. */
export function shareOf({ begins, ends }: Span): { left: number; width: number } {
  const [from, to] = [minutes(begins), minutes(ends)];
  return { left: from / 1_440, width: (to - from) / 1_440 };
}

function minutes(time: string): number {
  const [hour = 0, minute = 0] = time.split(":").map(Number);
  return hour * 60 + minute;
}
