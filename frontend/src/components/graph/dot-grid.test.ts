import { expect, test } from "vitest";
import { gapAt, wrapped } from "./dot-grid";

test("the ground follows by less than a gap, and its dots never run together", () => {
  expect(wrapped(45, 20)).toBe(-15);
  expect(wrapped(-5, 20)).toBe(-5);
  expect(wrapped(40, 20)).toBe(-20);
  expect(gapAt(1)).toBe(20);
  expect(gapAt(1.75)).toBe(35);
  expect(gapAt(0.1)).toBe(16);
});
