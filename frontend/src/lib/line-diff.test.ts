import { expect, test } from "vitest";
import { diffLines, diffOf } from "./line-diff";

const SIGNS = { same: " ", removed: "-", added: "+" };

function drawn(before: string, after: string): string {
  return diffLines([...before], [...after])
    .map(({ kind, text }) => SIGNS[kind] + text)
    .join("");
}

test.each([
  ["abc", "abc", " a b c"],
  ["abc", "", "-a-b-c"],
  ["", "ab", "+a+b"],
  ["abcd", "axcd", " a-b+x c d"],
  ["abcabba", "cbabac", "-a-b c-a b+a b a+c"],
])("from %s to %s", (before, after, expected) => expect(drawn(before, after)).toBe(expected));

test("values are compared as they are written", () => {
  expect(diffOf({ a: 1, b: 2 }, { a: 1, b: 3 })?.filter(({ kind }) => kind !== "same")).toEqual([
    { kind: "removed", text: '  "b": 2' },
    { kind: "added", text: '  "b": 3' },
  ]);
  expect(diffOf(null, undefined)).toEqual([{ kind: "same", text: "null" }]);
});

test("what is too long is not compared line by line", () => {
  expect(
    diffOf(
      Array.from({ length: 700 }, (_, index) => index),
      [],
    ),
  ).toBeNull();
});
