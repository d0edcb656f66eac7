import { expect, test } from "vitest";
import type { NodeKind } from "@/api/generated/perdure.schemas";
import { layoutIn, sourceOf } from "./document";
import { flowOf, portsOf } from "./flow";
import { labelPoint, roundedPath } from "./paths";
import { portOffset, portSlots, sizeOf } from "./sizes";

function kind(name: string, more: Partial<NodeKind>): [string, NodeKind] {
  const rules = [{ name: "out", each: null, when: [] }];
  return [name, { kind: name, title: name, graphs: [], port_rules: rules, ...more } as NodeKind];
}

const KINDS = new Map([
  kind("llm", {}),
  kind("branch", {
    port_rules: [
      { name: null, each: "cases", when: [] },
      { name: "else", each: null, when: [] },
    ],
  }),
  kind("foreach", { graphs: ["body"] }),
]);

const LOOP = {
  nodes: [
    { id: "draft", kind: "llm" },
    { id: "good", kind: "branch", with: { cases: [{ name: "redraft", when: "x" }] } },
    { id: "end", kind: "llm" },
  ],
  edges: [
    { from: "draft", to: "good" },
    { from: "good.redraft", to: "draft" },
    { from: "good.else", to: "end" },
  ],
};

test("ports come from the rules of the kind and the settings of the node", () => {
  const [, branch] = [...KINDS][1] ?? [];
  expect(
    portsOf({ id: "b", kind: "branch", with: { cases: [{ name: "high" }, { name: "low" }] } }, branch),
  ).toEqual(["high", "low", "else"]);
  expect(portsOf({ id: "b", kind: "branch", with: { cases: "no list" } }, branch)).toEqual(["else"]);
  expect(portsOf({ id: "x", kind: "unknown", on_error: "route" }, undefined)).toEqual(["out", "error"]);
});

test("an edge that closes a loop is known, wherever the drawing begins", () => {
  const back = flowOf(LOOP, KINDS).edges.filter((edge) => edge.back);
  expect(back.map((edge) => edge.id)).toEqual(["good.redraft>draft"]);
  const turned = {
    ...LOOP,
    nodes: [...LOOP.nodes].reverse(),
    edges: [{ from: "start", to: "draft" }, ...LOOP.edges],
  };
  turned.nodes.push({ id: "start", kind: "llm" });
  expect(
    flowOf(turned, KINDS)
      .edges.filter((edge) => edge.back)
      .map((edge) => edge.id),
  ).toEqual(["good.redraft>draft"]);
});

test("what is inside of a container is drawn with its path", () => {
  const document = { nodes: [{ id: "each", kind: "foreach", with: { body: LOOP } }], edges: [] };
  const flow = flowOf(document, KINDS);
  expect(flow.nodes.map(({ path, parent, container }) => [path, parent, container])).toEqual([
    ["each", null, true],
    ["each.draft", "each", false],
    ["each.good", "each", false],
    ["each.end", "each", false],
  ]);
  expect(flow.edges[0]).toMatchObject({ source: "each.draft", target: "each.good", port: "out" });
});

test("a draft may hold anything", () => {
  const broken = {
    nodes: [null, { id: 3 }, { id: "a", kind: "llm" }],
    edges: ["x", { from: "a", to: "gone" }, { source: "a", target: "a" }],
  };
  const flow = flowOf(broken, KINDS);
  expect(flow.nodes).toHaveLength(1);
  expect(flow.edges.map((edge) => [edge.id, edge.back])).toEqual([["a.out>a", true]]);
  expect(flowOf(null, KINDS)).toEqual({ nodes: [], edges: [] });
  expect(layoutIn({ layout: { a: { x: 1, y: 2 }, b: { x: "1" } } })).toEqual({ a: { x: 1, y: 2 } });
});

test("an edge names its port after a dot", () => {
  expect(sourceOf({ from: "ask.approved", to: "pay" })).toEqual({ node: "ask", port: "approved" });
  expect(sourceOf({ from: "ask", to: "pay" })).toEqual({ node: "ask", port: "out" });
});

test("a card is as wide as the names of its ports, and edges begin below them", () => {
  const ports = ["unknown_order", "already_refunded", "needs_person", "else"];
  const { width } = sizeOf({ ports, container: false });
  expect(width).toBeGreaterThan(sizeOf({ ports: ["out"], container: false }).width);
  const offsets = ports.map((port) => portOffset(ports, port, width));
  expect(offsets).toEqual([...offsets].sort((one, other) => one - other));
  expect(portSlots(["out"])).toEqual([]);
  expect(portOffset(["out"], "out", 200)).toBe(100);
});

test("corners of a way are rounded, and its label stands on the longest piece", () => {
  const way = [
    { x: 0, y: 0 },
    { x: 0, y: 100 },
    { x: 30, y: 100 },
  ];
  expect(roundedPath(way)).toBe("M 0 0 L 0 91 Q 0 100 9 100 L 30 100");
  expect(labelPoint(way)).toEqual({ x: 0, y: 50 });
});
