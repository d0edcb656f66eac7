import { expect, test } from "vitest";
import { flowOf } from "@/lib/graph/flow";
import type { Placed } from "@/lib/graph/layout";
import { overlapping } from "../../../tests/overlapping";
import { addNode, type EditedDocument, insertNode, type Kinds } from "./document-edits";
import { handPlaced } from "./hand-placed";

const PORTS = [
  { name: null, each: "cases", when: [] },
  { name: "else", each: null, when: [] },
];
const KINDS = new Map([
  ["llm", { kind: "llm", graphs: [] }],
  ["branch", { kind: "branch", graphs: [], port_rules: PORTS }],
  ["foreach", { kind: "foreach", graphs: ["body"] }],
]) as unknown as Kinds;

const PLACED: EditedDocument = {
  nodes: [
    { id: "ask", kind: "branch", with: { cases: [{ name: "yes" }] } },
    { id: "done", kind: "llm" },
  ],
  edges: [{ from: "ask.yes", to: "done" }],
  layout: { ask: { x: 0, y: 0 }, done: { x: 0, y: 120 } },
};
const llm = (id: string) => ({ id, kind: "llm" });

test("three steps behind the same one stand apart, and the others stay where they were put", () => {
  const document = ["a", "b", "c"].reduce(
    (result, id) => addNode(result, null, llm(id), KINDS, { id: "ask", port: "else" }),
    PLACED,
  );
  const places = drawn(document);
  expect(places.ask).toMatchObject({ x: 0, y: 0 });
  expect(places.done).toMatchObject({ x: 0, y: 120 });
  expect(overlapping(places)).toEqual([]);
  // In one row with what follows there already, as the layout would place them.
  expect(["a", "b", "c"].map((id) => places[id]?.y)).toEqual([120, 120, 120]);
});

test("steps that nothing leads to stand apart too, next to frames and in them", () => {
  const each = { id: "each", kind: "foreach", with: { body: { nodes: [] } } };
  const framed = addNode(PLACED, null, each, KINDS, { id: "done", port: "out" });
  const filled = ["a", "b", "c"].reduce((result, id) => addNode(result, "each", llm(id), KINDS), framed);
  const places = drawn(addNode(filled, null, llm("loose"), KINDS));
  expect(overlapping(pick(places, (path) => path.startsWith("each.")))).toEqual([]);
  expect(overlapping(pick(places, (path) => !path.includes(".")))).toEqual([]);
  expect(places["each.c"]?.y ?? 0).toBeLessThan(places.each?.height ?? 0);
});

test("a step that is put into an edge gets room between its ends", () => {
  const edge = { source: "ask", port: "yes", target: "done" };
  const places = drawn(insertNode(PLACED, edge, llm("between"), KINDS, "out"));
  expect(overlapping(places)).toEqual([]);
  const [above, between, below] = ["ask", "between", "done"].map((id) => places[id]?.y ?? 0);
  expect(above).toBeLessThan(between ?? 0);
  expect(between).toBeLessThan(below ?? 0);
});

test("where there is room for a step between two others, these stay where they were put", () => {
  const edge = { source: "ask", port: "yes", target: "done" };
  const apart = { ...PLACED, layout: { ask: { x: 0, y: 0 }, done: { x: 0, y: 400 } } };
  const places = drawn(insertNode(apart, edge, llm("between"), KINDS, "out"));
  expect(overlapping(places)).toEqual([]);
  expect([places.ask?.y, places.done?.y]).toEqual([0, 400]);
  // Of room that does not suffice, only what is missing is added.
  const close = { ...PLACED, layout: { ask: { x: 0, y: 0 }, done: { x: 0, y: 200 } } };
  const { ask, between, done } = drawn(insertNode(close, edge, llm("between"), KINDS, "out"));
  const gaps = [
    (between?.y ?? 0) - (ask?.y ?? 0) - (ask?.height ?? 0),
    (done?.y ?? 0) - (between?.y ?? 0) - (between?.height ?? 0),
  ];
  expect(gaps).toEqual([36, 36]);
});

function drawn(document: EditedDocument): Record<string, Placed> {
  return handPlaced(flowOf(document, KINDS), document.layout as Record<string, Placed>);
}

function pick(places: Record<string, Placed>, fits: (path: string) => boolean): Record<string, Placed> {
  return Object.fromEntries(Object.entries(places).filter(([path]) => fits(path)));
}
