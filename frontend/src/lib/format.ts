const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A span of time, in the two units that matter: `420 ms`, `3.2 s`, `4m 05s`, `2d 3h`. */
export function duration(milliseconds: number): string {
  const span = Math.max(0, milliseconds);
  if (span < SECOND) return `${Math.round(span)} ms`;
  if (span < 10 * SECOND) return `${(span / SECOND).toFixed(1)} s`;
  if (span < MINUTE) return `${Math.floor(span / SECOND)} s`;
  if (span < HOUR) return `${Math.floor(span / MINUTE)}m ${two((span % MINUTE) / SECOND)}s`;
  if (span < DAY) return `${Math.floor(span / HOUR)}h ${two((span % HOUR) / MINUTE)}m`;
  return `${Math.floor(span / DAY)}d ${Math.floor((span % DAY) / HOUR)}h`;
}

/** From one moment to another; to now if there is no other yet. */
export function spanOf(from: string | null, to: string | null, now: number): number | null {
  return from === null ? null : (to === null ? now : Date.parse(to)) - Date.parse(from);
}

/** US dollars, with as many digits as a small price needs. */
export function money(usd: number): string {
  if (usd === 0) return "$0";
  if (usd < 0.01) return usd < 0.0001 ? "<$0.0001" : `$${usd.toFixed(4)}`;
  return `$${usd.toFixed(2)}`;
}

const COUNT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** A number that may be large: `950`, `12.4K`. */
export function count(value: number): string {
  return COUNT.format(value);
}

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });
const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
];

/** How long ago, or how far ahead: `just now`, `3 minutes ago`, `in 2 days`. */
export function relative(at: string, now: number): string {
  const distance = Date.parse(at) - now;
  for (const [unit, size] of STEPS) {
    if (Math.abs(distance) >= size) return RELATIVE.format(Math.round(distance / size), unit);
  }
  return distance > 0 ? "in less than a minute" : "just now";
}

const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

/** A moment in full, in the viewer's own time zone. */
export function moment(at: string): string {
  return MOMENT.format(new Date(at));
}

const CLOCK = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

/** The time of day. */
export function clock(at: string): string {
  return CLOCK.format(new Date(at));
}

/** `1 step`, `2 steps`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** What people call a run: the last part of its id is as good as random. */
export function shortId(id: string): string {
  return id.slice(-8);
}

function two(value: number): string {
  return String(Math.floor(value)).padStart(2, "0");
}
