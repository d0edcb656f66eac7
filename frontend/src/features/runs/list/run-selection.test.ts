import { expect, test } from "vitest";
import { between, toggled } from "./run-selection";

const LISTED = ["a", "b", "c", "d"];

test("a range holds both ends, in either direction", () => {
  expect(between(LISTED, "b", "d")).toEqual(["b", "c", "d"]);
  expect(between(LISTED, "d", "b")).toEqual(["b", "c", "d"]);
  expect(between(LISTED, null, "c")).toEqual(["c"]);
  expect(between(LISTED, "gone", "c")).toEqual(["c"]);
});

test("a whole range follows the run that was clicked", () => {
  expect([...toggled(new Set(["a"]), "c", ["b", "c"])]).toEqual(["a", "b", "c"]);
  expect([...toggled(new Set(["a", "b", "c"]), "c", ["b", "c"])]).toEqual(["a"]);
});
