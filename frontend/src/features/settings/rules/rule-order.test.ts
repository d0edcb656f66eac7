import { expect, test } from "vitest";
import { moved } from "./rule-order";
import { scopeWords } from "./rule-words";

test("a rule changes places with its neighbour, and stays where there is none", () => {
  expect(moved(["a", "b", "c"], "c", -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b", "c"], "a", 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b"], "a", -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], "x", 1)).toEqual(["a", "b"]);
});

test("a scope is told in words", () => {
  expect(scopeWords({})).toBe("all requests");
  expect(scopeWords({ workflow: "refunds", node: "ask", tag: null })).toBe("requests of refunds at ask");
});
