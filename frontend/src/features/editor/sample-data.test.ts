import { expect, test } from "vitest";
import type { RunStep } from "@/api/generated/perdure.schemas";
import { readsOf, startFrom } from "./node-reads";
import { isPinnable, usablePins, withPin } from "./pins";
import { exampleOf, recordedIn, sampleFor } from "./sample-data";

const step = (path: string, output: unknown, more: Partial<RunStep> = {}) =>
  ({ path, output, status: "completed", port: "out", ...more }) as RunStep;

const RECORDED = recordedIn([
  { input: { n: 1 }, steps: [step("a", "old"), step("b", "kept", { port: "high" })] },
  {
    input: { n: 2 },
    steps: [
      step("a", "new"),
      step("c", null, { status: "failed" }),
      step("each[0].in", "first"),
      step("each[1].in", "second"),
    ],
  },
]);

test("the latest output of each step is known, of bodies that of the first item", () => {
  expect(RECORDED).toEqual({
    input: { n: 2 },
    outputs: { a: "new", b: "kept", "each.in": "first" },
    ports: { a: "out", b: "high", "each.in": "out" },
  });
});

test("pins come before what was recorded, and only where they count", () => {
  const document = { pins: { a: { output: "pinned" } }, vars: { v: 1 } };
  const sample = sampleFor(document, "b", RECORDED);
  expect(sample).toMatchObject({ input: { n: 2 }, vars: { v: 1 }, outputs: { a: "pinned", b: "kept" } });
  expect([...sample.pinned]).toEqual(["a"]);
  expect(sampleFor(document, "each.x", RECORDED)).toMatchObject({ outputs: { in: "first" }, vars: {} });
});

test("without any run there is an example of the input", () => {
  const input = {
    properties: { n: { type: "number", default: 3 }, s: { type: "string" }, o: { properties: {} } },
  };
  expect(sampleFor({ input }, "a", undefined).input).toEqual({ n: 3, s: "", o: {} });
  expect(exampleOf({ enum: ["x"] })).toBe("x");
});

const CHAIN = {
  nodes: ["a", "b", "c", "d"].map((id) => ({ id, kind: "transform" })),
  edges: [
    { from: "a", to: "b" },
    { from: "b.high", to: "c" },
    { from: "d", to: "c" },
  ],
};

test("a run from a step on is given what comes before", () => {
  const { pins, unknown } = startFrom(CHAIN, "c", { c: { output: 1 } }, RECORDED);
  expect(pins).toEqual({ a: { output: "new", port: "out" }, b: { output: "kept", port: "high" } });
  expect(unknown).toEqual(["d"]);
});

test("what a step reads is found in its settings", () => {
  const reads = {
    id: "x",
    kind: "t",
    with: { a: "{{ nodes.one.output }} {{ nodes.two.status }}", b: ["nodes.one"] },
  };
  expect(readsOf(reads)).toEqual(["one", "two"]);
});

test("pins are written and taken away", () => {
  const pinned = withPin(CHAIN, "a", { output: 1 });
  expect(usablePins({ ...pinned, pins: { ...(pinned.pins as object), gone: { output: 2 } } })).toEqual({
    a: { output: 1 },
  });
  expect(withPin(pinned, "a", null)).not.toHaveProperty("pins");
  expect([isPinnable("a"), isPinnable("each.a")]).toEqual([true, false]);
});
