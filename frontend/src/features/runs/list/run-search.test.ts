import { expect, test } from "vitest";
import { cleaned, filterOf, isSame } from "./run-search";

const NOW = Date.parse("2026-03-10T12:00:00Z");

test("an address without conditions means every run", () => {
  expect(filterOf({}, NOW)).toEqual({});
  expect(filterOf({ status: "all", text: "x", since: "nonsense", cost: "-1" }, NOW)).toEqual({});
});

test("every condition of the address is one of the API", () => {
  const search = {
    status: "failed",
    workflow: "refunds",
    text: "ada",
    since: "24h",
    trigger: "fork",
    by: "ada@example.com",
    cost: "0.5",
  };
  expect(filterOf(search, NOW)).toEqual({
    status: ["failed", "terminated"],
    workflow: "refunds",
    input_contains: "ada",
    created_after: "2026-03-09T12:00:00.000Z",
    trigger: ["fork"],
    started_by: "ada@example.com",
    cost_min: 0.5,
  });
});

test("empty conditions make no difference, nor does their order", () => {
  expect(cleaned({ status: "failed", text: "" })).toEqual({ status: "failed" });
  expect(isSame({ status: "failed", by: "" }, { status: "failed" })).toBe(true);
  expect(isSame({ by: "a", text: "b" }, { text: "b", by: "a" })).toBe(true);
  expect(isSame({ by: "a" }, { by: "b" })).toBe(false);
});
