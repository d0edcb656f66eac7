/** What a form holds, less what is there by default and was not written before. */
export function withoutDefaults(
  data: Record<string, unknown>,
  before: Record<string, unknown>,
  defaults: Record<string, unknown>,
): Record<string, unknown> {
  const written = Object.entries(data).filter(([name, value]) => {
    if (value === undefined) return false;
    return name in before || !same(value, defaults[name]);
  });
  return Object.fromEntries(written);
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
