import type { CalendarTimes, ScheduleTimesInput, ScheduleTimesOutput } from "@/api/generated/perdure.schemas";
import { fromLocalField, toLocalField } from "@/lib/local-time";
import { spanText } from "@/lib/spans";

export type How = "cron" | "every" | "calendar" | "json";

/** What the form of a schedule holds about its times. */
export interface TimesDraft {
  how: How;
  cron: string;
  every: string;
  offset: string;
  calendar: Record<keyof CalendarTimes, string>;
  /** Days on which it does not act, `2026-12-24`. */
  except: string[];
  zone: string;
  jitter: string;
  from: string;
  until: string;
  json: string;
}

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;

const CALENDAR = {
  second: "0",
  minute: "0",
  hour: "9",
  day_of_month: "*",
  month: "*",
  day_of_week: "*",
  year: "*",
};
const NAMES = ["sun", ...WEEKDAYS];

/** What a new schedule begins with. */
export function emptyTimes(zone: string): TimesDraft {
  return {
    how: "cron",
    cron: "0 9 * * mon-fri",
    every: "1h",
    offset: "",
    calendar: CALENDAR,
    except: [],
    zone,
    jitter: "",
    from: "",
    until: "",
    json: "",
  };
}

/** The times that a form says; nothing if its JSON is none. */
export function timesOf(draft: TimesDraft): ScheduleTimesInput | null {
  if (draft.how === "json") return parsed(draft.json);
  return {
    ...when(draft),
    exceptions: draft.except.map(exceptionOf),
    time_zone: draft.zone,
    ...(draft.jitter && { jitter: draft.jitter }),
    starts_at: fromLocalField(draft.from),
    ends_at: fromLocalField(draft.until),
  };
}

function when({ how, cron, every, offset, calendar }: TimesDraft): ScheduleTimesInput {
  if (how === "cron") return { cron: cron.split("\n").filter((line) => line.trim() !== "") };
  if (how === "every") return { intervals: [{ every, ...(offset && { offset }) }] };
  return { calendars: [calendar] };
}

function parsed(text: string): ScheduleTimesInput | null {
  try {
    return JSON.parse(text) as ScheduleTimesInput;
  } catch {
    return null;
  }
}

/** A form with the times of a schedule; as JSON, where the form has no fields for them. */
export function draftOf(times: ScheduleTimesOutput): TimesDraft {
  const { cron = [], intervals = [], calendars = [], exceptions = [] } = times;
  const days = exceptions.map(dayOf);
  const common = {
    ...emptyTimes(times.time_zone ?? "UTC"),
    jitter: times.jitter ? spanText(times.jitter) : "",
    from: toLocalField(times.starts_at ?? null),
    until: toLocalField(times.ends_at ?? null),
    except: days.filter((day) => day !== null),
    json: JSON.stringify(times, null, 2),
  };
  const kinds = [cron, intervals, calendars].filter((list) => list.length > 0);
  const plain = kinds.length === 1 && !days.includes(null) ? plainOf(times) : null;
  return { ...common, ...(plain ?? { how: "json" }) };
}

/** Times of one kind in the fields for it; nothing if they do not fit there. */
function plainOf({
  cron = [],
  intervals = [],
  calendars = [],
}: ScheduleTimesOutput): Partial<TimesDraft> | null {
  const [interval, ...others] = intervals;
  const [calendar, ...more] = calendars;
  if (cron.length > 0) return { how: "cron", cron: cron.join("\n") };
  if (interval && others.length === 0)
    return {
      how: "every",
      every: spanText(interval.every),
      offset: interval.offset ? spanText(interval.offset) : "",
    };
  if (calendar && more.length === 0) return { how: "calendar", calendar: { ...CALENDAR, ...calendar } };
  return null;
}

/** The weekdays of a field that is a list of their names or numbers; null for what is written in another way. */
export function weekdaysOf(field: string): string[] | null {
  if (field === "*") return [];
  const days = field.split(",").map((part) => NAMES[Number(part)] ?? part.trim().toLowerCase());
  return days.every((day) => (WEEKDAYS as readonly string[]).includes(day)) ? days : null;
}

/** Such a field, in the order of the week. */
export function weekdayField(days: readonly string[]): string {
  return WEEKDAYS.filter((day) => days.includes(day)).join(",") || "*";
}

function exceptionOf(day: string): CalendarTimes {
  const [year = "", month = "", date = ""] = day.split("-").map((part) => String(Number(part)));
  return { year, month, day_of_month: date, hour: "*", minute: "*", second: "*" };
}

function dayOf(exception: CalendarTimes): string | null {
  const { year = "*", month = "*", day_of_month = "*", day_of_week = "*" } = exception;
  const whole = exception.hour === "*" && exception.minute === "*" && exception.second === "*";
  if (!whole || day_of_week !== "*" || ![year, month, day_of_month].every((part) => /^\d+$/.test(part)))
    return null;
  return `${year}-${month.padStart(2, "0")}-${day_of_month.padStart(2, "0")}`;
}

/** When a schedule acts, in a few words. */
export function inWords(times: ScheduleTimesOutput): string {
  const parts = [
    ...(times.cron ?? []),
    ...(times.intervals ?? []).map(({ every }) => `every ${spanText(every)}`),
    ...(times.calendars ?? []).map(calendarWords),
  ];
  const late = times.jitter ? `, up to ${spanText(times.jitter)} late` : "";
  return `${parts.join(" or ")} in ${times.time_zone}${late}`;
}

function calendarWords(calendar: CalendarTimes): string {
  const { second, minute, hour, day_of_month, month, day_of_week, year } = { ...CALENDAR, ...calendar };
  const plain = /^\d+$/.test(hour) && /^\d+$/.test(minute) && second === "0";
  const at = plain
    ? `at ${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`
    : `at hour ${hour}, minute ${minute}, second ${second}`;
  const named = [
    ["weekday", day_of_week],
    ["day", day_of_month],
    ["month", month],
    ["year", year],
  ].flatMap(([name, field]) => (field === "*" ? [] : [`${name} ${field}`]));
  return [at, ...named].join(", ");
}
