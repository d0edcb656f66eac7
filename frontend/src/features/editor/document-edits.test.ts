import { beforeEach, describe, expect, test } from "vitest";
import type { NodeKind } from "@/api/generated/perdure.schemas";
import {
  addNode,
  connect,
  disconnect,
  type EditedDocument,
  freshId,
  nodeAt,
  placeNodes,
  removeNodes,
  renameNode,
  updateNode,
  withoutLayout,
} from "./document-edits";
import { edit, open, redo, undo, useEditor } from "./editor-store";
import { freePort } from "./free-port";
import { starterOf } from "./node-starter";

function kind(name: string, more: Partial<NodeKind> = {}): [string, NodeKind] {
  const rules = [{ name: "out", each: null, when: [] }];
  const schema = { type: "object", properties: {} };
  return [
    name,
    {
      kind: name,
      title: name,
      graphs: [],
      port_rules: rules,
      config_schema: schema,
      ...more,
    } as unknown as NodeKind,
  ];
}

const KINDS = new Map([
  kind("llm", {
    config_schema: {
      required: ["prompt"],
      properties: { prompt: { type: "string" }, model: { type: "string" } },
    },
  }),
  kind("branch", {
    port_rules: [
      { name: null, each: "cases", when: [] },
      { name: "else", each: null, when: [] },
    ],
    config_schema: {
      required: ["cases"],
      properties: { cases: { type: "array", minItems: 1, items: { $ref: "#/$defs/Case" } } },
      $defs: {
        Case: {
          type: "object",
          required: ["name", "when"],
          properties: { name: { type: "string" }, when: { type: "string" } },
        },
      },
    },
  }),
  kind("foreach", { graphs: ["body"] }),
]);

const DOCUMENT: EditedDocument = {
  name: "Mails",
  nodes: [
    {
      id: "each",
      kind: "foreach",
      with: {
        items: "input.mails",
        body: {
          nodes: [
            { id: "read", kind: "llm", with: { prompt: "Read {{ item }}" } },
            {
              id: "answer",
              kind: "llm",
              with: { prompt: "Answer {{ nodes.read.output }} and not nodes.reader" },
            },
          ],
          edges: [{ from: "read", to: "answer" }],
        },
      },
    },
    { id: "sum", kind: "llm", with: { prompt: "{{ nodes.each.output }}" } },
  ],
  edges: [{ from: "each", to: "sum" }],
  layout: { each: { x: 0, y: 0 }, "each.read": { x: 1, y: 1 }, sum: { x: 0, y: 9 } },
};

test("a node inside of a container is found and changed, and nothing else", () => {
  const changed = updateNode(DOCUMENT, "each.read", KINDS, (node) => ({ ...node, name: "Read it" }));
  expect(nodeAt(changed, "each.read", KINDS)?.name).toBe("Read it");
  expect(nodeAt(changed, "sum", KINDS)).toBe(nodeAt(DOCUMENT, "sum", KINDS));
  expect(nodeAt(DOCUMENT, "each.read", KINDS)?.name).toBeUndefined();
});

test("a node goes with its edges and its place", () => {
  const without = removeNodes(DOCUMENT, ["each"], KINDS);
  expect(without).toMatchObject({ nodes: [{ id: "sum" }], edges: [], layout: { sum: { x: 0, y: 9 } } });
  expect(without.layout).not.toHaveProperty(["each.read"]);
});

test("edges name their port, and none is there twice", () => {
  const once = connect(DOCUMENT, "each.read", "error", "each.answer", KINDS);
  expect(connect(once, "each.read", "error", "each.answer", KINDS)).toEqual(once);
  expect(connect(DOCUMENT, "each", "out", "sum", KINDS)).toEqual(DOCUMENT);
  expect(disconnect(once, "each.read", "error", "each.answer", KINDS)).toEqual(DOCUMENT);
  expect(disconnect(DOCUMENT, "each", "out", "sum", KINDS).edges).toEqual([]);
});

test("a renamed node is renamed wherever it is meant, and only there", () => {
  const renamed = renameNode(DOCUMENT, "each.read", "look", KINDS);
  expect(nodeAt(renamed, "each.answer", KINDS)?.with).toEqual({
    prompt: "Answer {{ nodes.look.output }} and not nodes.reader",
  });
  expect(nodeAt(renamed, "each", KINDS)?.with?.body).toMatchObject({
    edges: [{ from: "look", to: "answer" }],
  });
  expect(renamed.layout).toHaveProperty(["each.look"]);
  const outer = renameNode(DOCUMENT, "each", "all", KINDS);
  expect(nodeAt(outer, "sum", KINDS)?.with).toEqual({ prompt: "{{ nodes.all.output }}" });
  expect(Object.keys(outer.layout as object)).toEqual(["all", "all.read", "sum"]);
});

test("a new node has an id of its own and what must be there", () => {
  expect(freshId(DOCUMENT, null, "sum", KINDS)).toBe("sum_2");
  expect(freshId(DOCUMENT, "each", "HTTP request!", KINDS)).toBe("http_request_");
  const branch = KINDS.get("branch") as NodeKind;
  expect(starterOf(branch, "b").with).toEqual({ cases: [{ name: "", when: "" }] });
  expect(starterOf(KINDS.get("foreach") as NodeKind, "f").with).toEqual({ body: { nodes: [], edges: [] } });
});

test("the next step goes on from a port from which nothing goes yet", () => {
  const branch = { id: "b", kind: "branch", with: { cases: [{ name: "yes", when: "true" }] } };
  const added = addNode(DOCUMENT, null, branch, KINDS, { id: "sum", port: "out" });
  expect(freePort(added, "b", KINDS)).toEqual({ id: "b", port: "yes" });
  expect(freePort(connect(added, "b", "yes", "sum", KINDS), "b", KINDS)).toEqual({ id: "b", port: "else" });
});

test("places belong to the canvas and can be given up", () => {
  const moved = placeNodes(DOCUMENT, { sum: { x: 5, y: 5 } });
  expect(moved.layout).toMatchObject({ sum: { x: 5, y: 5 }, each: { x: 0, y: 0 } });
  expect(withoutLayout(moved)).not.toHaveProperty("layout");
});

describe("the editor", () => {
  beforeEach(() => open("mails", DOCUMENT, 1));

  test("undoes and redoes every change", () => {
    edit((document) => removeNodes(document, ["sum"], KINDS));
    expect(useEditor.getState().save).toBe("unsaved");
    undo();
    expect(useEditor.getState().document).toBe(DOCUMENT);
    redo();
    expect(useEditor.getState().document.nodes).toHaveLength(1);
  });

  test("undoes the letters of a word together, and other changes one by one", () => {
    const name = (text: string) => edit((document) => ({ ...document, name: text }), "name");
    for (const text of ["M", "Ma", "Mai"]) name(text);
    edit((document) => removeNodes(document, ["sum"], KINDS));
    edit((document) => removeNodes(document, ["each"], KINDS));
    undo();
    expect(useEditor.getState().document).toMatchObject({ name: "Mai", nodes: [{ id: "each" }] });
    undo();
    undo();
    expect(useEditor.getState().document).toBe(DOCUMENT);
  });

  test("does not undo into the document that was open before", () => {
    open("other", { name: "Other" }, 1);
    undo();
    expect(useEditor.getState().document).toEqual({ name: "Other" });
  });
});
