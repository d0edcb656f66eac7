import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { beginningOf, ORIGINS } from "./origins";

test("there are words for every way in which the API says a run begins", () => {
  const { components } = JSON.parse(readFileSync("../docs/openapi.json", "utf8"));
  const { description } = components.schemas.RunSummary.properties.trigger;
  const known = [...description.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  expect(known).toContain("schedule");
  expect(Object.keys(ORIGINS).sort()).toEqual(known.sort());
});

test("it is said who or what began a run", () => {
  expect(beginningOf("api", "ada@example.com")).toBe("started by ada@example.com");
  expect(beginningOf("schedule", "Schedule Nightly")).toBe("started by Schedule Nightly");
  expect(beginningOf("sub_workflow", null)).toBe("started by a run");
  expect(beginningOf("comet", "nobody")).toBe("comet by nobody");
});
