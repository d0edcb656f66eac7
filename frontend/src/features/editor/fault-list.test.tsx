import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import type { FaultProblem } from "@/api/generated/perdure.schemas";
import { DocumentPanel } from "./document-panel";
import { open, select, setFaults, useEditor } from "./editor-store";
import { FaultList } from "./fault-list";

const fault = (node: string | null, field: string | null, message: string): FaultProblem => ({
  code: "invalid_value",
  node,
  field,
  message,
  line: null,
  column: null,
});

const DOCUMENT = {
  name: "",
  input: { type: "object", properties: { name: { type: "string" } } },
  limits: { max_steps: 0 },
};

beforeEach(() => open("mails", DOCUMENT, 1));

test("a document without faults says so", () => {
  show(<FaultList />);
  expect(screen.getByText("No faults")).toBeDefined();
  expect(screen.queryByRole("button")).toBeNull();
});

test("a fault of a step leads to the step and its field, as often as it is asked for", async () => {
  setFaults([fault("ask", "with.title", "A title is missing."), fault("ask", null, "Nothing leads here.")]);
  show(<FaultList />);
  await choose("2 faults", "A title is missing.");
  const { selected, jump } = useEditor.getState();
  expect([selected, jump]).toEqual([["ask"], { of: "step", field: "with.title" }]);
  expect(screen.queryByText("A title is missing.")).toBeNull();
  await choose("2 faults", "A title is missing.");
  expect(useEditor.getState().jump).not.toBe(jump);
  await choose("2 faults", "Nothing leads here.");
  expect(useEditor.getState()).toMatchObject({ selected: ["ask"], jump: null });
  // There is no field to go to: whoever uses the keyboard goes on from where they were.
  await hasFocus(screen.getByRole("button", { name: "2 faults" }));
});

test("the list stays closed when there are faults again", async () => {
  setFaults([fault("ask", null, "Nothing leads here.")]);
  show(<FaultList />);
  fireEvent.click(screen.getByRole("button", { name: "1 fault" }));
  await screen.findByText("Nothing leads here.");
  act(() => setFaults([]));
  act(() => setFaults([fault("ask", null, "A title is missing.")]));
  await screen.findByRole("button", { name: "1 fault" });
  expect(screen.queryByText("A title is missing.")).toBeNull();
});

test.each([
  ["name", "A workflow needs a name.", "Name"],
  ["limits.max_steps", "There is at least one step.", "Most steps"],
  ["limits", "Limits are a map.", "Longest time"],
  ["input.properties.name", "A field needs a type.", "Name of the field"],
])("a fault of the document at %s leads to its field", async (field, message, label) => {
  select(["ask"]);
  setFaults([fault(null, field, message)]);
  show(
    <>
      <FaultList />
      <DocumentPanel onClose={() => undefined} />
    </>,
  );
  const input = screen.getByLabelText(label);
  expect(screen.getByText(message)).toBeDefined();
  await choose("1 fault", `document · ${field}`);
  expect(useEditor.getState().selected).toEqual([]);
  await hasFocus(input);
});

test.each([
  ["edges[1].to", "This edge leads to nowhere."],
  ["limits.colour", "No limit has this name."],
  [null, "It is too large."],
])(
  "a fault of the document at %s, which no field of it has, is named above all of them",
  async (field, message) => {
    setFaults([fault(null, "edges[0].to", "An edge leads to nowhere."), fault(null, field, message)]);
    show(<FaultList />);
    await choose("2 faults", message);
    show(<DocumentPanel onClose={() => undefined} />);
    await hasFocus(screen.getByText(message));
  },
);

async function hasFocus(element: HTMLElement): Promise<void> {
  await vi.waitFor(() => expect(document.activeElement).toBe(element));
}

function show(node: React.ReactNode): void {
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>{node}</QueryClientProvider>
    </MantineProvider>,
  );
}

async function choose(count: string, text: string): Promise<void> {
  press(screen.getByRole("button", { name: count }));
  press(await screen.findByText(text));
}

function press(element: HTMLElement): void {
  element.closest("button")?.focus();
  fireEvent.click(element);
}
