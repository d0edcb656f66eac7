import { expect, test } from "vitest";
import type { Kinds } from "./document-edits";
import { moveSteps } from "./move-steps";

const KINDS = new Map([
  ["foreach", { kind: "foreach", graphs: ["body"] }],
  ["llm", { kind: "llm", graphs: [] }],
]) as unknown as Kinds;

const step = (id: string, prompt = "") => ({ id, kind: "llm", with: { prompt } });
const DOCUMENT = {
  nodes: [
    step("a"),
    step("b", "{{ nodes.a.output }}"),
    step("c", "{{ nodes.b.output }}"),
    {
      id: "each",
      kind: "foreach",
      with: { items: "input", body: { nodes: [step("b"), step("d")], edges: [{ from: "b", to: "d" }] } },
    },
  ],
  edges: [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
    { from: "c", to: "each" },
  ],
  layout: { a: { x: 0, y: 0 }, b: { x: 0, y: 90 } },
};

test("steps go into a body with the line between them, under ids that are free there", () => {
  const { document, paths, cut } = moveSteps(DOCUMENT, ["b", "c"], "each", KINDS);
  expect(Object.fromEntries(paths)).toEqual({ b: "each.b_2", c: "each.c" });
  expect(cut).toBe(2);
  expect(document.edges).toEqual([]);
  const [, each] = document.nodes as { with: { body: { nodes: object[]; edges: object[] } } }[];
  expect(each?.with.body.nodes).toEqual([
    step("b"),
    step("d"),
    step("b_2", "{{ nodes.a.output }}"),
    step("c", "{{ nodes.b_2.output }}"),
  ]);
  expect(each?.with.body.edges).toEqual([
    { from: "b", to: "d" },
    { from: "b_2", to: "c" },
  ]);
  expect(document.layout).toEqual({ a: { x: 0, y: 0 }, "each.b_2": { x: 0, y: 90 } });
});

test("a step comes out of its body, and nothing goes into itself or stays where it is", () => {
  const out = moveSteps(DOCUMENT, ["each.d"], null, KINDS);
  expect(out.cut).toBe(1);
  expect((out.document.nodes as { id: string }[]).map(({ id }) => id)).toEqual(["a", "b", "c", "each", "d"]);
  expect(moveSteps(DOCUMENT, ["each", "each.d"], "each", KINDS).document).toBe(DOCUMENT);
  expect(moveSteps(DOCUMENT, ["a"], null, KINDS).document).toBe(DOCUMENT);
});
