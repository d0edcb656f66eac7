import type { Point } from "@/lib/graph/document";
import type { Layout, Placed } from "@/lib/graph/layout";
import { splitPath } from "./document-edits";

export type Arrangement = "left" | "center" | "right" | "top" | "middle" | "bottom" | "across" | "down";

/** New places for steps that stand in the same graph, brought into line or spread evenly. */
export function arranged(layout: Layout, paths: readonly string[], how: Arrangement): Record<string, Point> {
  const parent = paths[0] === undefined ? null : splitPath(paths[0]).parent;
  const chosen = paths
    .filter((path) => splitPath(path).parent === parent)
    .flatMap((path) => {
      const placed = layout.nodes[path];
      return placed ? [{ path, ...placed }] : [];
    });
  if (chosen.length < 2) return {};
  const places = how === "across" || how === "down" ? spread(chosen, how) : inLine(chosen, how);
  return Object.fromEntries(places.map(({ path, x, y }) => [path, { x: Math.round(x), y: Math.round(y) }]));
}

type Chosen = Placed & { path: string };

function inLine(chosen: Chosen[], how: Exclude<Arrangement, "across" | "down">): Chosen[] {
  const left = Math.min(...chosen.map(({ x }) => x));
  const right = Math.max(...chosen.map(({ x, width }) => x + width));
  const top = Math.min(...chosen.map(({ y }) => y));
  const bottom = Math.max(...chosen.map(({ y, height }) => y + height));
  const to: Record<typeof how, (one: Chosen) => Partial<Point>> = {
    left: () => ({ x: left }),
    center: ({ width }) => ({ x: (left + right - width) / 2 }),
    right: ({ width }) => ({ x: right - width }),
    top: () => ({ y: top }),
    middle: ({ height }) => ({ y: (top + bottom - height) / 2 }),
    bottom: ({ height }) => ({ y: bottom - height }),
  };
  return chosen.map((one) => ({ ...one, ...to[how](one) }));
}

/** The first and the last stay; those between get equal gaps. */
function spread(chosen: Chosen[], how: "across" | "down"): Chosen[] {
  const [axis, size] = how === "across" ? (["x", "width"] as const) : (["y", "height"] as const);
  const sorted = [...chosen].sort((one, other) => one[axis] - other[axis]);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (!first || !last) return chosen;
  const taken = sorted.reduce((sum, one) => sum + one[size], 0);
  const gap = (last[axis] + last[size] - first[axis] - taken) / (sorted.length - 1);
  let at = first[axis];
  return sorted.map((one) => {
    const moved = { ...one, [axis]: at };
    at += one[size] + gap;
    return moved;
  });
}
