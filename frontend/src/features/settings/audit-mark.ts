/** The mark in a file of `perdure audit head`, which the page saves too. */
export function markOf(text: string): string {
  const kept: unknown = JSON.parse(text);
  const mark = typeof kept === "object" && kept !== null && "mark" in kept ? kept.mark : undefined;
  if (typeof mark !== "string" || !/^\d{1,18}:[0-9a-f]{64}$/.test(mark)) {
    throw new Error("The file holds no mark of an audit log.");
  }
  return mark;
}
