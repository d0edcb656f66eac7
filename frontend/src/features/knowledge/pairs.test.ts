import { expect, test } from "vitest";
import { pairsIn } from "./pairs";

test("pairs are read from text, with numbers and truth as what they are", () => {
  expect(pairsIn("team: support, year: 2026\nopen = true, version: 1.2.3")).toEqual({
    team: "support",
    year: 2026,
    open: true,
    version: "1.2.3",
  });
  expect(pairsIn(" , nothing, :x, y: ")).toEqual({});
  expect(pairsIn("url: https://a.b")).toEqual({ url: "https://a.b" });
});
