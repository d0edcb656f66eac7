import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import type { Kinds } from "./document-edits";
import { open, undo, useEditor } from "./editor-store";
import { MoveMenu } from "./move-menu";
import { SizeSteps } from "./size-steps";

const KINDS = new Map([
  ["foreach", { kind: "foreach", graphs: ["body"] }],
  ["llm", { kind: "llm", graphs: [] }],
]) as unknown as Kinds;
const DOCUMENT = {
  nodes: [
    { id: "greet", kind: "llm" },
    {
      id: "each",
      kind: "foreach",
      name: "Every guest",
      with: { body: { nodes: [{ id: "greet", kind: "llm" }], edges: [] } },
    },
  ],
  edges: [{ from: "greet", to: "each" }],
  layout: { greet: { x: 500, y: 900 }, each: { x: 0, y: 0 }, "each.greet": { x: 24, y: 70 } },
};

const paths = () => Object.keys(useEditor.getState().document.layout as object);

beforeEach(() => open("guests", DOCUMENT, 1));

test("a step goes into a body and out of it without a mouse, and finds a place there", async () => {
  const { rerender } = show(<MoveMenu steps={["greet"]} kinds={KINDS} />);
  await choose("Every guest");
  expect(useEditor.getState().selected).toEqual(["each.greet_2"]);
  expect(useEditor.getState().document.edges).toEqual([]);
  // Where it stood was a place on another ground.
  expect(paths()).toEqual(["each", "each.greet"]);
  rerender(wrapped(<MoveMenu steps={["each.greet_2"]} kinds={KINDS} />));
  await choose("Out, to the workflow");
  expect(useEditor.getState().selected).toEqual(["greet_2"]);
  undo();
  undo();
  expect(useEditor.getState().document).toBe(DOCUMENT);
});

test("a step is moved neither into itself nor to where it is", () => {
  show(<MoveMenu steps={["each"]} kinds={KINDS} />);
  expect(screen.queryByRole("button")).toBeNull();
});

test("a note is made larger and smaller in steps, but never too small to be read", () => {
  const onChange = vi.fn();
  show(<SizeSteps width={120} height={100} least={{ width: 120, height: 60 }} onChange={onChange} />);
  fireEvent.click(screen.getByRole("button", { name: "Wider" }));
  expect(onChange).toHaveBeenLastCalledWith({ width: 140, height: 100 });
  fireEvent.click(screen.getByRole("button", { name: "Shorter" }));
  expect(onChange).toHaveBeenLastCalledWith({ width: 120, height: 80 });
  expect(screen.getByRole("button", { name: "Narrower" }).hasAttribute("disabled")).toBe(true);
});

async function choose(name: string): Promise<void> {
  fireEvent.click(screen.getByRole("button", { name: "Move into …" }));
  fireEvent.click(await screen.findByRole("menuitem", { name }));
}

const wrapped = (node: React.ReactNode) => <MantineProvider env="test">{node}</MantineProvider>;
const show = (node: React.ReactNode) => render(wrapped(node));
