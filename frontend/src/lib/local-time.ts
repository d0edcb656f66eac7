/** A moment as a field for day and time shows it, in the viewer's own time zone; empty for none. */
export function toLocalField(at: string | null): string {
  if (at === null) return "";
  const moment = new Date(at);
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The moment that such a field says; none if it is empty. */
export function fromLocalField(text: string): string | null {
  return text === "" ? null : new Date(text).toISOString();
}
