import type { RunState, StepState } from "@/lib/run-state";

/** A line of the tree: a step, an item of a container, or a round of a loop. */
export interface OutlineNode {
  id: string;
  label: string;
  /** The step it stands for; for an item, none. */
  step: StepState | null;
  children: OutlineNode[];
}

/** All steps as a tree: what containers hold is below their items, what was done again below its node. */
export function outlineOf({ order, steps }: Pick<RunState, "order" | "steps">): OutlineNode[] {
  const roots: OutlineNode[] = [];
  const known = new Map<string, OutlineNode>();
  const rounds = roundsOf(order, steps);
  for (const [path, keys] of rounds) {
    const node = place(path, roots, known);
    const own = keys.flatMap((key) => steps[key] ?? []);
    const last = own.at(-1);
    if (!last) continue;
    node.step = last;
    node.label = last.name;
    if (own.length > 1) node.children.unshift(...own.map(roundOf));
  }
  for (const node of known.values()) node.children.sort((one, other) => numberOf(one) - numberOf(other));
  return roots;
}

/** Items begin in any order; whatever is no item stays where it is. */
function numberOf({ id }: OutlineNode): number {
  return Number(/\[(\d+)\]$/.exec(id)?.[1] ?? -1);
}

function roundsOf(order: readonly string[], steps: RunState["steps"]): Map<string, string[]> {
  const rounds = new Map<string, string[]>();
  for (const key of order) {
    const path = steps[key]?.path;
    if (path === undefined) continue;
    const keys = rounds.get(path);
    if (keys) keys.push(key);
    else rounds.set(path, [key]);
  }
  return rounds;
}

function roundOf(step: StepState): OutlineNode {
  return { id: step.key, label: `Round ${step.iteration + 1}`, step, children: [] };
}

/** The line of a path; what is above it comes into being with it. */
function place(path: string, roots: OutlineNode[], known: Map<string, OutlineNode>): OutlineNode {
  const found = known.get(path);
  if (found) return found;
  const node: OutlineNode = { id: path, label: labelOf(path), step: null, children: [] };
  known.set(path, node);
  const above = parentOf(path);
  (above === null ? roots : place(above, roots, known).children).push(node);
  return node;
}

/** `mails[2].send` is in `mails[2]`, and that in `mails`. */
function parentOf(path: string): string | null {
  if (path.endsWith("]")) return path.slice(0, path.lastIndexOf("["));
  const dot = path.lastIndexOf(".");
  return dot < 0 ? null : path.slice(0, dot);
}

function labelOf(path: string): string {
  const item = /\[(\d+)\]$/.exec(path);
  return item ? `Item ${Number(item[1]) + 1}` : (path.split(".").at(-1) ?? path);
}

const URGENCY = [
  "failed",
  "asking",
  "retrying",
  "waiting",
  "running",
  "pending",
  "completed",
  "cancelled",
  "skipped",
];

/** How a line stands: its own step, or the most urgent of those below. */
export function statusOf(node: OutlineNode): string {
  if (node.step) return node.step.status;
  const below = new Set(node.children.map(statusOf));
  return URGENCY.find((status) => below.has(status)) ?? [...below][0] ?? "pending";
}

/** From when to when; for an item, from its first step to its last. */
export function spanOf(node: OutlineNode): [from: string | null, to: string | null] {
  if (node.step) return [node.step.startedAt, node.step.endedAt];
  const spans = node.children.map(spanOf);
  const began = spans.flatMap(([from]) => from ?? []).sort();
  const ends = spans.map(([, to]) => to);
  return [began[0] ?? null, ends.includes(null) ? null : (ends.toSorted().at(-1) ?? null)];
}

/** What a line and everything below it has cost. */
export function costOf(node: OutlineNode): number {
  const below = node.children.reduce((sum, child) => sum + costOf(child), 0);
  const rounds = node.children.some((child) => child.step?.path === node.id);
  return below + (rounds ? 0 : (node.step?.costUsd ?? 0));
}
