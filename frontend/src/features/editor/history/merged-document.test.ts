import { expect, test } from "vitest";
import type { DocumentDiff, NodeKind } from "@/api/generated/perdure.schemas";
import { edgeChanges, mergedDocument, nodeChanges } from "./merged-document";

const KINDS = new Map([["foreach", { kind: "foreach", graphs: ["body"] } as unknown as NodeKind]]);
const AFTER = {
  nodes: [{ id: "each", kind: "foreach", with: { body: { nodes: [{ id: "in", kind: "t" }], edges: [] } } }],
  edges: [],
  layout: { each: { x: 1, y: 1 } },
};
const DIFF = {
  nodes_added: [{ node: "each", content: AFTER.nodes[0] }],
  nodes_removed: [
    { node: "old", content: { id: "old", kind: "t" } },
    { node: "each.was", content: { id: "was", kind: "t" } },
  ],
  nodes_changed: [{ node: "other", fields: [] }],
  edges_added: [{ graph: "", source: "a.high", target: "each" }],
  edges_removed: [{ graph: "each", source: "was", target: "in" }],
} as unknown as DocumentDiff;

test("what is gone stands in the drawing again", () => {
  const merged = mergedDocument(AFTER, DIFF, KINDS) as typeof AFTER;
  expect(merged.nodes.map(({ id }) => id)).toEqual(["each", "old"]);
  expect(merged.nodes[0]?.with.body).toEqual({
    nodes: [
      { id: "in", kind: "t" },
      { id: "was", kind: "t" },
    ],
    edges: [{ from: "was", to: "in" }],
  });
  expect(merged).not.toHaveProperty("layout");
});

test("what became of steps and edges is known by their ids on the canvas", () => {
  expect(Object.fromEntries(nodeChanges(DIFF, KINDS))).toEqual({
    each: "added",
    "each.in": "added",
    old: "removed",
    "each.was": "removed",
    other: "changed",
  });
  expect(Object.fromEntries(edgeChanges(DIFF))).toEqual({
    "a.high>each": "added",
    "each.was.out>in": "removed",
  });
});
