import { expect, test } from "vitest";
import type { NodeKind } from "@/api/generated/perdure.schemas";
import { flowOf } from "@/lib/graph/flow";
import type { Layout } from "@/lib/graph/layout";
import { arranged } from "./arrange";
import { groupNodes, noteNodes, notesOf, withGroup, withNote, withoutExtras } from "./canvas-extras";
import { moved } from "./canvas-moves";
import { insertNode, removeNodes, renameNode } from "./document-edits";
import { foundKinds } from "./palette-search";
import type { AnyNode } from "./use-canvas-nodes";

const KINDS = new Map<string, NodeKind>();
const DOCUMENT = {
  nodes: [
    { id: "a", kind: "transform" },
    { id: "b", kind: "transform" },
    { id: "c", kind: "transform" },
  ],
  edges: [{ from: "a", to: "b" }],
  groups: [{ title: "G", nodes: ["a", "b"] }],
  pins: { a: { output: 1 }, c: { output: 2 } },
};
const SIZE = { width: 100, height: 50 };
const LAYOUT: Layout = {
  nodes: { a: { x: 0, y: 0, ...SIZE }, b: { x: 30, y: 300, ...SIZE }, c: { x: 200, y: 100, ...SIZE } },
  routes: {},
};

test("notes and groups come and go", () => {
  const noted = withNote(DOCUMENT, 0, { text: "hi", x: 1, y: 2 });
  expect(notesOf(noted)).toEqual([{ text: "hi", x: 1, y: 2 }]);
  expect(noteNodes(noted)[0]).toMatchObject({ id: "note:0", position: { x: 1, y: 2 } });
  expect(withoutExtras(noted, ["note:0", "group:0"])).not.toHaveProperty("notes");
  expect(withoutExtras(noted, ["note:0", "group:0"])).not.toHaveProperty("groups");
  expect(withGroup(DOCUMENT, 0, null)).not.toHaveProperty("groups");
});

test("a group is drawn around its steps, and moves them", () => {
  const [frame] = groupNodes(DOCUMENT, flowOf(DOCUMENT, KINDS), LAYOUT);
  expect(frame?.position).toEqual({ x: -22, y: -46 });
  expect(frame?.width).toBe(130 + 44);
  const standing = new Map(
    ["a", "b"].map((id) => [id, { id, position: { x: 7, y: 8 } } as unknown as AnyNode]),
  );
  const after = moved(DOCUMENT, LAYOUT, [frame as AnyNode], standing);
  expect(after.layout).toEqual({ a: { x: 7, y: 8 }, b: { x: 7, y: 8 }, c: { x: 200, y: 100 } });
});

test("what is said about a step goes with it", () => {
  const renamed = renameNode(DOCUMENT, "a", "first", KINDS);
  expect(renamed).toMatchObject({
    pins: { first: { output: 1 }, c: { output: 2 } },
    groups: [{ nodes: ["first", "b"] }],
  });
  const without = removeNodes(DOCUMENT, ["a", "b"], KINDS);
  expect(without.pins).toEqual({ c: { output: 2 } });
  expect(without).not.toHaveProperty("groups");
});

test("a step is put into an edge", () => {
  const edge = { source: "a", port: "out", target: "b" };
  const after = insertNode(DOCUMENT, edge, { id: "new", kind: "transform" }, KINDS, "out");
  expect(after.edges).toEqual([
    { from: "a", to: "new" },
    { from: "new", to: "b" },
  ]);
});

test("steps are brought into line and spread", () => {
  expect(arranged(LAYOUT, ["a", "b"], "left")).toEqual({ a: { x: 0, y: 0 }, b: { x: 0, y: 300 } });
  expect(arranged(LAYOUT, ["a", "b"], "center")).toEqual({ a: { x: 15, y: 0 }, b: { x: 15, y: 300 } });
  expect(arranged(LAYOUT, ["a", "b", "c"], "down").c).toEqual({ x: 200, y: 150 });
  expect(arranged(LAYOUT, ["a"], "left")).toEqual({});
});

test("kinds are found by their beginning first", () => {
  const kind = (name: string, description: string) =>
    [name, { kind: name, title: name, description } as unknown as NodeKind] as const;
  const kinds = new Map([kind("foreach", "loop"), kind("wait", "for each event"), kind("output", "no")]);
  expect(foundKinds(kinds, "for").map(({ kind: name }) => name)).toEqual(["foreach", "wait"]);
  expect(foundKinds(kinds, "")).toHaveLength(3);
});
