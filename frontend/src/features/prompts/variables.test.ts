import { expect, test } from "vitest";
import { piecesOf, rendered, variablesOf } from "./variables";

const TEXT = "Answer {name} in a {tone} tone, {name}. {{ input.text }} {Not}";

test("variables stand in single braces; expressions are none", () => {
  expect(variablesOf(TEXT)).toEqual(["name", "tone"]);
  expect(
    piecesOf(TEXT)
      .filter(({ variable }) => variable)
      .map(({ text }) => text),
  ).toEqual(["{name}", "{tone}", "{name}"]);
  expect(
    piecesOf(TEXT)
      .map(({ text }) => text)
      .join(""),
  ).toBe(TEXT);
  expect(piecesOf("")).toEqual([]);
});

test("what is given is put in, the rest stays", () => {
  expect(rendered(TEXT, { name: "Ada", tone: "" })).toBe(
    "Answer Ada in a {tone} tone, Ada. {{ input.text }} {Not}",
  );
});
