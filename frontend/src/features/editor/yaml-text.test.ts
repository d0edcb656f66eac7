import { expect, test } from "vitest";
import { parseValue } from "./value-text";
import { fromYaml, toYaml } from "./yaml-text";

const DOCUMENT = {
  nodes: [
    {
      with: { prompt: "Two\nlines", body: { nodes: [{ with: {}, id: "b", kind: "llm" }] } },
      kind: "llm",
      id: "a",
    },
  ],
  name: "Flow",
  edges: [{ from: "a", to: "b" }],
  format: "perdure/v1",
  layout: { a: { x: 1, y: 2 } },
};

test("a document is written in the usual order, an edge to a line", () => {
  const text = toYaml(DOCUMENT);
  expect(text.split("\n")[0]).toBe("format: perdure/v1");
  expect(text).toContain("- { from: a, to: b }");
  expect(text).toContain("a: { x: 1, y: 2 }");
  expect(text).toContain("prompt: |-\n");
  expect(text.indexOf("- id: a")).toBeLessThan(text.indexOf("kind: llm"));
});

test("what is written is read as the same", () => {
  expect(fromYaml(toYaml(DOCUMENT))).toEqual({ document: DOCUMENT, problem: null });
});

test("a text that is no document says where", () => {
  const { document, problem } = fromYaml("name: [unclosed");
  expect(document).toBeNull();
  expect(problem?.message).toBeTruthy();
  expect(fromYaml("- just\n- a list").document).toBeNull();
});

test("a text of many aliases is refused", () => {
  const bomb = [
    "a: &a [x, x, x, x, x, x, x, x, x]",
    ...["b", "c", "d", "e", "f"].map(
      (name, index) => `${name}: &${name} [${Array(9).fill(`*${"abcde"[index]}`).join(", ")}]`,
    ),
  ];
  expect(() => fromYaml(bomb.join("\n"))).toThrow(/alias/i);
});

test("a value that begins with braces is a template", () => {
  expect(parseValue("{{ nodes.a.output }}").value).toBe("{{ nodes.a.output }}");
  expect(parseValue("a: 1\nb: [x]").value).toEqual({ a: 1, b: ["x"] });
  expect(parseValue("  ").value).toBeUndefined();
  expect(parseValue("a: [").problem).toBeTruthy();
});
