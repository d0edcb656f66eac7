import { beforeEach, expect, test } from "vitest";
import { flowOf } from "@/lib/graph/flow";
import { overlapping } from "../../../tests/overlapping";
import { type EditedDocument, type Kinds, nodeAt } from "./document-edits";
import { open, useEditor } from "./editor-store";
import { handPlaced } from "./hand-placed";
import { clipOf, duplicate, paste } from "./node-clipboard";

const KINDS = new Map([
  ["llm", { kind: "llm", graphs: [] }],
  ["foreach", { kind: "foreach", graphs: ["body"] }],
]) as unknown as Kinds;

const llm = (id: string, prompt: string) => ({ id, kind: "llm", with: { prompt } });
const DOCUMENT: EditedDocument = {
  name: "Mails",
  nodes: [
    llm("read", "Read {{ input.mail }}"),
    {
      ...llm("answer", "Answer {{ nodes.read.output }}, not {{ nodes.reader.output }}"),
      compensate_with: "read",
    },
    {
      id: "each",
      kind: "foreach",
      with: {
        items: "nodes.read.output",
        body: {
          nodes: [llm("read", "Look at {{ item }}"), llm("sum", "{{ nodes.read.output }}")],
          edges: [{ from: "read", to: "sum" }],
        },
      },
    },
  ],
  edges: [
    { from: "read", to: "answer" },
    { from: "read", to: "each" },
  ],
};
const PLACES = {
  read: { x: 0, y: 0 },
  answer: { x: 0, y: 100 },
  each: { x: 300, y: 100 },
  "each.read": { x: 24, y: 70 },
  "each.sum": { x: 24, y: 240 },
};

const document = () => useEditor.getState().document;
const nodes = () => document().nodes as { id: string; with: { prompt?: string } }[];

beforeEach(() => open("mails", DOCUMENT, 1));

test("copies get ids of their own, with the edges among them", () => {
  const text = clipOf(DOCUMENT, ["each.read", "each.sum"], KINDS) ?? "";
  paste(text, null, KINDS);
  paste(text, null, KINDS);
  const ids = ["read", "answer", "each", "read_2", "sum", "read_3", "sum_2"];
  expect(nodes().map(({ id }) => id)).toEqual(ids);
  expect(document().edges).toContainEqual({ from: "read_3", to: "sum_2" });
  expect(useEditor.getState().selected).toEqual(["read_3", "sum_2"]);
});

test("copies read each other, and not what they were made from", () => {
  duplicate(["read", "answer", "each"], KINDS);
  expect(nodeAt(document(), "answer_2", KINDS)).toMatchObject({
    with: { prompt: "Answer {{ nodes.read_2.output }}, not {{ nodes.reader.output }}" },
    compensate_with: "read_2",
  });
  expect(nodeAt(document(), "each_2", KINDS)?.with?.items).toBe("nodes.read_2.output");
  // In a body the same id is another step, which is still called so.
  expect(nodeAt(document(), "each_2.sum", KINDS)?.with?.prompt).toBe("{{ nodes.read.output }}");
});

test("copies whose ids are swapped with those of the place are read under their new names", () => {
  const chain = [llm("a", ""), llm("a_2", "{{ nodes.a.output }}"), llm("c", "{{ nodes.a_2.output }}")];
  open("mails", { nodes: chain, edges: [] }, 1);
  duplicate(["a", "a_2", "c"], KINDS);
  const [, , , a, a2, c] = nodes();
  expect([a2?.with.prompt, c?.with.prompt]).toEqual([
    `{{ nodes.${a?.id}.output }}`,
    `{{ nodes.${a2?.id}.output }}`,
  ]);
});

test("where steps stand by hand, copies stand to each other as they did, and beside everything", () => {
  open("mails", { ...DOCUMENT, layout: PLACES }, 1);
  duplicate(["read", "answer", "each"], KINDS);
  duplicate(["read", "answer"], KINDS);
  const layout = document().layout as Record<string, { x: number; y: number }>;
  const by = (one: string, other: string) => ({
    x: (layout[one]?.x ?? 0) - (layout[other]?.x ?? 0),
    y: (layout[one]?.y ?? 0) - (layout[other]?.y ?? 0),
  });
  expect(by("each_2", "read_2")).toEqual({ x: 300, y: 100 });
  expect(by("answer_3", "read_3")).toEqual({ x: 0, y: 100 });
  expect(layout["each_2.sum"]).toEqual(PLACES["each.sum"]);
  const roots = Object.entries(handPlaced(flowOf(document(), KINDS), layout)).filter(
    ([path]) => !path.includes("."),
  );
  expect(overlapping(Object.fromEntries(roots))).toEqual([]);
});

test("where the layout places everything, copies are placed by it too", () => {
  duplicate(["read"], KINDS);
  expect(document().layout).toBeUndefined();
});

test("a text that is no part of a workflow pastes nothing", () => {
  paste("hello", null, KINDS);
  paste('{"perdure": "nodes", "nodes": "x"}', null, KINDS);
  expect(document()).toBe(DOCUMENT);
});
