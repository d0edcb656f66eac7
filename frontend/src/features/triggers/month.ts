/** One day of a month or week as a calendar shows it. */
export interface Day {
  date: Date;
  /** Whether it belongs to the month, and not to the ones beside it. */
  inside: boolean;
}

/** The weeks of a month, from Monday to Sunday, in the time zone of the browser. */
export function weeksOf(year: number, month: number): Day[][] {
  const weeks: Day[][] = [];
  for (let day = mondayOf(new Date(year, month, 1)); weeks.length === 0 || day.getMonth() === month; ) {
    weeks.push(weekFrom(day).map((date) => ({ date, inside: date.getMonth() === month })));
    day = later(day, 7);
  }
  return weeks;
}

/** The Monday on or before a day. */
export function mondayOf(day: Date): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - ((day.getDay() + 6) % 7));
}

/** Seven days. */
export function weekFrom(day: Date): Date[] {
  return Array.from({ length: 7 }, (_, number) => later(day, number));
}

/** So many days later, at the same hour of the clock. */
export function later(day: Date, days: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days);
}

/** Tells two days apart. */
export function dayKey(date: Date): string {
  return `${date.getFullYear()}-${date.getMonth()}-${date.getDate()}`;
}
