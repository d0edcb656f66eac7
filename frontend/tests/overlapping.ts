import type { Placed } from "@/lib/graph/layout";

/** Pairs of things that cover each other, such as `ask and done`. */
export function overlapping(places: Readonly<Record<string, Placed>>): string[] {
  const all = Object.entries(places);
  return all.flatMap(([one, a], index) =>
    all
      .slice(index + 1)
      .filter(
        ([, b]) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height,
      )
      .map(([other]) => `${one} and ${other}`),
  );
}
