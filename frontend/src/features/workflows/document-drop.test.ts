import { expect, test } from "vitest";
import { looksLikeDocument } from "./document-drop";

test.each([
  ["format: perdure/v1\nname: x\nnodes:\n  - id: a\n", true],
  ['{"name": "x", "nodes": []}', true],
  ["a shopping list: milk, nodes", false],
  ["", false],
])("%j", (text, answer) => expect(looksLikeDocument(text)).toBe(answer));
