import { expect, test } from "vitest";
import { shareOf, toneOf } from "./quota-use";

test.each([
  [null, 5, null],
  [10, 5, 0.5],
  [10, 25, 1],
  [0, 0, 1],
])("of %s, %s used is %s", (limit, used, share) => expect(shareOf({ limit, used })).toBe(share));

test("a quota warns before it is used up", () => {
  expect([0.2, 0.8, 1].map(toneOf)).toEqual(["done", "waiting", "failed"]);
});
