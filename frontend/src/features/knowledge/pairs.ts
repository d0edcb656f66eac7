/** `team: support, year: 2026` as data; numbers and yes or no are taken as what they are. */
export function pairsIn(text: string): Record<string, string | number | boolean> {
  const pairs = text.split(/[,\n]/).flatMap((part) => {
    const [, name, value] = /^\s*([^:=\s][^:=]*?)\s*[:=]\s*(.*?)\s*$/.exec(part) ?? [];
    return name && value ? [[name, plainOf(value)] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function plainOf(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
