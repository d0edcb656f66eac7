import { expect, test } from "vitest";
import type { Kinds } from "../document-edits";
import { combinedDrafts } from "./combined-drafts";
import { draftDiff } from "./draft-diff";

const KINDS = new Map([
  ["foreach", { kind: "foreach", graphs: ["body"] }],
  ["llm", { kind: "llm", graphs: [] }],
]) as unknown as Kinds;

const step = (id: string, prompt = "") => ({ id, kind: "llm", with: { prompt } });
const each = (...nodes: object[]) => ({
  id: "each",
  kind: "foreach",
  with: { items: "input", body: { nodes } },
});
const BASE = { name: "One", nodes: [step("a"), step("b"), each(step("c"))], edges: [{ from: "a", to: "b" }] };

test("a diff tells steps, settings and edges, in bodies too, whatever the order of fields", () => {
  const after = {
    name: "Two",
    nodes: [{ kind: "llm", with: { prompt: "" }, id: "a" }, each(step("c", "x"), step("d"))],
    edges: [{ from: "a", to: "each" }],
    layout: { a: { x: 1, y: 2 } },
  };
  const diff = draftDiff(BASE, after, KINDS);
  expect(diff.nodes_added.map(({ node }) => node)).toEqual(["each.d"]);
  expect(diff.nodes_removed.map(({ node }) => node)).toEqual(["b"]);
  expect(diff.nodes_changed.map(({ node, fields }) => [node, fields[0]?.field])).toEqual([
    ["each.c", "with.prompt"],
  ]);
  expect(diff.edges_added).toEqual([{ graph: "", source: "a", target: "each" }]);
  expect(diff.edges_removed).toEqual([{ graph: "", source: "a", target: "b" }]);
  expect(diff.settings.map(({ field }) => field)).toEqual(["name"]);
  expect(diff.canvas.map(({ field }) => field)).toEqual(["layout"]);
});

test("what touches different steps is combined", () => {
  const mine = { ...BASE, nodes: [step("a", "mine"), step("b"), each(step("c"), step("d"))] };
  const theirs = {
    ...BASE,
    name: "Theirs",
    nodes: [step("a"), step("b", "theirs"), each(step("c", "theirs"))],
  };
  const { document, clashes } = combinedDrafts(BASE, mine, theirs, KINDS);
  expect(clashes).toEqual([]);
  expect(document).toEqual({
    ...BASE,
    name: "Theirs",
    nodes: [
      step("a", "mine"),
      step("b", "theirs"),
      { ...each(step("c", "theirs"), step("d")), with: expect.anything() },
    ],
  });
  expect(JSON.stringify(document)).toContain('"id":"d"');
});

test("what both have changed, or one has taken away, is a clash", () => {
  const mine = { ...BASE, nodes: [step("a", "mine"), step("b"), each(step("c", "mine"))] };
  const theirs = { ...BASE, nodes: [step("a", "theirs"), step("b")] };
  expect(combinedDrafts(BASE, mine, theirs, KINDS).clashes).toEqual(["a", "each.c"]);
});
