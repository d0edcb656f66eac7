import { expect, test } from "vitest";
import { markOf } from "./audit-mark";

const MARK = `7:${"0f".repeat(32)}`;

test("a mark is read from the file that was saved", () =>
  expect(markOf(JSON.stringify({ number: 7, mark: MARK }))).toBe(MARK));

test.each(["{}", "[]", "null", '"7:00"', JSON.stringify({ mark: "7:00" }), JSON.stringify({ mark: 7 })])(
  "%s holds none",
  (text) => expect(() => markOf(text)).toThrow("no mark"),
);
