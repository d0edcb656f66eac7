import { expect, test } from "vitest";
import { NO_FILTER, queryOf } from "./list-filter";

test("only what is looked for is asked", () => {
  expect(queryOf(NO_FILTER)).toEqual({});
  expect(queryOf({ text: " refund ", tags: ["eu"], archived: true })).toEqual({
    q: "refund",
    tag: ["eu"],
    archived: true,
  });
});
