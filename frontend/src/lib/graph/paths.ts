import type { Point } from "./document";

const RADIUS = 9;

/** An SVG path through corners, each of them rounded. */
export function roundedPath(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  const parts = [`M ${first.x} ${first.y}`];
  rest.forEach((point, index) => {
    const before = points[index];
    const after = points[index + 2];
    parts.push(before && after ? corner(before, point, after) : `L ${point.x} ${point.y}`);
  });
  return parts.join(" ");
}

/** The middle of the longest straight piece: where a label has room. */
export function labelPoint(points: readonly Point[]): Point {
  let best = points[0] ?? { x: 0, y: 0 };
  let longest = -1;
  for (let index = 1; index < points.length; index++) {
    const [from, to] = [points[index - 1], points[index]];
    if (!from || !to) continue;
    const length = distance(from, to);
    if (length <= longest) continue;
    longest = length;
    best = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  }
  return best;
}

/** A way back up around the right side of everything between, for a loop whose nodes were moved by hand. */
export function loopBack(from: Point, to: Point, right: number): Point[] {
  const lane = right + 36;
  return [
    from,
    { x: from.x, y: from.y + 20 },
    { x: lane, y: from.y + 20 },
    { x: lane, y: to.y - 20 },
    { x: to.x, y: to.y - 20 },
    to,
  ];
}

function corner(before: Point, at: Point, after: Point): string {
  const radius = Math.min(RADIUS, distance(before, at) / 2, distance(at, after) / 2);
  const into = toward(at, before, radius);
  const out = toward(at, after, radius);
  return `L ${into.x} ${into.y} Q ${at.x} ${at.y} ${out.x} ${out.y}`;
}

function toward(from: Point, to: Point, length: number): Point {
  const whole = distance(from, to) || 1;
  return { x: from.x + ((to.x - from.x) * length) / whole, y: from.y + ((to.y - from.y) * length) / whole };
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
