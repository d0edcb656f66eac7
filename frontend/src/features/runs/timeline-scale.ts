import type { StepState } from "@/lib/run-state";

/** A stretch of time in which nothing happened, drawn at the same small width however long it was. */
export interface Gap {
  from: number;
  to: number;
}

export interface Scale {
  start: number;
  end: number;
  gaps: Gap[];
  /** Share of the whole width, 0 to 1, at which a moment stands. */
  at: (moment: number) => number;
}

const FOLD_SHARE = 0.12;
const FOLD_LEAST = 8_000;
const FOLDED = 0.04;

/** A time scale for steps that folds long stretches during which nobody began or ended anything. */
export function timeScale(steps: readonly StepState[], now: number): Scale {
  const moments = momentsOf(steps, now);
  const start = moments[0] ?? now;
  const end = Math.max(moments.at(-1) ?? now, start + 1);
  const gaps = gapsIn(moments, end - start);
  const folded = gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0);
  const perGap = gaps.length > 0 ? FOLDED : 0;
  const active = Math.max(end - start - folded, 1);
  const share = (1 - perGap * gaps.length) / active;
  function at(moment: number): number {
    let place = 0;
    let from = start;
    for (const gap of gaps) {
      if (moment <= gap.from) break;
      place += (gap.from - from) * share;
      if (moment < gap.to) return place + (perGap * (moment - gap.from)) / (gap.to - gap.from);
      place += perGap;
      from = gap.to;
    }
    return clamp(place + (moment - from) * share);
  }
  return { start, end, gaps, at };
}

function momentsOf(steps: readonly StepState[], now: number): number[] {
  const moments = new Set<number>();
  for (const { startedAt, endedAt } of steps) {
    if (startedAt === null && endedAt === null) continue;
    if (startedAt !== null) moments.add(Date.parse(startedAt));
    moments.add(endedAt === null ? now : Date.parse(endedAt));
  }
  return [...moments].sort((one, other) => one - other);
}

function gapsIn(moments: readonly number[], whole: number): Gap[] {
  const gaps: Gap[] = [];
  const least = Math.max(FOLD_LEAST, whole * FOLD_SHARE);
  for (let index = 1; index < moments.length; index++) {
    const from = moments[index - 1] ?? 0;
    const to = moments[index] ?? 0;
    if (to - from >= least) gaps.push({ from, to });
  }
  return gaps;
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}

const ROUND = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
  600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 21_600_000, 43_200_000, 86_400_000,
];

export interface Tick {
  moment: number;
  /** Share of the whole width, 0 to 1. */
  at: number;
}

/** Round times since the start, about so many, none of them in a folded stretch and none too near to another. */
export function ticksOf(scale: Scale, about: number): Tick[] {
  const { start, end, gaps } = scale;
  const active = gaps.reduce((rest, gap) => rest - (gap.to - gap.from), end - start);
  const step = ROUND.find((one) => one * about >= active) ?? Math.ceil(active / about);
  const apart = 0.6 / about;
  const ticks: Tick[] = [];
  for (const [from, to] of busy(scale)) {
    for (let time = Math.ceil((from - start) / step) * step; start + time <= to; time += step) {
      const at = scale.at(start + time);
      if (ticks.length === 0 || at - (ticks.at(-1)?.at ?? 0) >= apart)
        ticks.push({ moment: start + time, at });
    }
  }
  return ticks;
}

/** Stretches between the folded ones. */
function busy({ start, end, gaps }: Scale): [from: number, to: number][] {
  const begins = [start, ...gaps.map((gap) => gap.to)];
  const ends = [...gaps.map((gap) => gap.from), end];
  return begins.map((from, index) => [from, ends[index] ?? end]);
}
