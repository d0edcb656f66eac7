import { expect, test } from "vitest";
import type { StepState } from "@/lib/run-state";
import { ticksOf, timeScale } from "./timeline-scale";

const HOUR = 3_600_000;

function step(startedAt: number, endedAt: number | null): StepState {
  const iso = (moment: number) => new Date(moment).toISOString();
  return { startedAt: iso(startedAt), endedAt: endedAt === null ? null : iso(endedAt) } as StepState;
}

test("a busy run is drawn to scale", () => {
  const scale = timeScale([step(0, 4_000), step(4_000, 8_000)], 0);
  expect(scale.gaps).toEqual([]);
  expect([scale.at(0), scale.at(2_000), scale.at(8_000)]).toEqual([0, 0.25, 1]);
});

test("hours of waiting take little room", () => {
  const scale = timeScale([step(0, 1_000), step(1_000, 5 * HOUR), step(5 * HOUR, 5 * HOUR + 1_000)], 0);
  expect(scale.gaps).toEqual([{ from: 1_000, to: 5 * HOUR }]);
  expect(scale.at(1_000)).toBeCloseTo(0.48);
  expect(scale.at(5 * HOUR)).toBeCloseTo(0.52);
  expect(scale.at(5 * HOUR + 1_000)).toBe(1);
});

test("moments keep their order, whatever is folded", () => {
  const scale = timeScale([step(0, 500), step(HOUR, HOUR + 700), step(9 * HOUR, null)], 10 * HOUR);
  const places = [0, 250, 500, HOUR / 2, HOUR, HOUR + 700, 5 * HOUR, 9 * HOUR, 10 * HOUR].map(scale.at);
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(places.at(-1)).toBe(1);
});

test("ticks are round, about as many as asked for, and none stands in a fold", () => {
  const scale = timeScale([step(0, 9_500), step(9_500, 5 * HOUR), step(5 * HOUR, 5 * HOUR + 6_000)], 0);
  const moments = ticksOf(scale, 8).map(({ moment }) => moment);
  expect(moments).toEqual([
    0,
    2_000,
    4_000,
    6_000,
    8_000,
    5 * HOUR,
    5 * HOUR + 2_000,
    5 * HOUR + 4_000,
    5 * HOUR + 6_000,
  ]);
  expect(ticksOf(timeScale([step(0, 40)], 0), 4).map(({ moment }) => moment)).toEqual([0, 10, 20, 30, 40]);
});

test("a run of one moment has its beginning", () => {
  expect(ticksOf(timeScale([], 5), 6)[0]).toEqual({ moment: 5, at: 0 });
});
