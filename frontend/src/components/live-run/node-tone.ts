import { lookOf, type Tone } from "@/components/status";

const URGENT: readonly Tone[] = ["failed", "waiting", "running", "done", "idle"];

/** The tone of many steps: that of the most urgent one. */
export function toneOf(counts: Record<string, number>): Tone | undefined {
  const tones = new Set(Object.keys(counts).map((status) => lookOf(status).tone));
  return URGENT.find((tone) => tones.has(tone));
}

/** Items of a container that have begun: `mails[0]`, `mails[1]`, … */
export function itemsOf(keys: readonly string[], node: string): string[] {
  const last = node.split(".").at(-1) ?? node;
  const found = new Set<string>();
  for (const key of keys) {
    for (const match of key.matchAll(ITEM)) {
      const item = key.slice(0, match.index + match[0].length);
      if (match[1] === last && item.replace(/\[\d+\]/g, "") === node) found.add(item);
    }
  }
  return [...found].sort(byNumbers);
}

const ITEM = /([a-z][a-z0-9_]*)\[\d+\]/g;

function byNumbers(one: string, other: string): number {
  return one.localeCompare(other, "en", { numeric: true });
}
