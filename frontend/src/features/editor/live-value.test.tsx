import { MantineProvider } from "@mantine/core";
import { fireEvent, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { NodeKind } from "@/api/generated/perdure.schemas";
import { AddMenu } from "./add-menu";
import { LiveValue } from "./live-value";
import { SchemaBuilder } from "./schema-builder";

const show = (node: React.ReactNode) => render(<MantineProvider>{node}</MantineProvider>);

test("a value is shown as text, never as what it might be in HTML", () => {
  const value = "<img src=x onerror='globalThis.pwned=1'>";
  show(<LiveValue result={{ status: "value", value, message: null, missing: [] }} />);
  expect(screen.getByRole("status").textContent).toBe(value);
  expect(document.querySelector("img")).toBeNull();
});

test("it is said of which step an output is missing", () => {
  show(<LiveValue result={{ status: "missing", value: null, message: "No.", missing: ["draft"] }} />);
  expect(screen.getByText(/draft has no output yet/)).toBeDefined();
});

test("a step is chosen by its name and Enter", () => {
  const kinds = new Map(
    ["wait", "output"].map((kind) => [kind, { kind, title: kind, description: "", icon: "" } as NodeKind]),
  );
  const onAdd = vi.fn();
  const place = { screen: { x: 0, y: 0 } };
  show(<AddMenu kinds={kinds} place={place} onAdd={onAdd} onClose={() => undefined} />);
  const name = screen.getByRole("combobox");
  fireEvent.change(name, { target: { value: "out" } });
  fireEvent.keyDown(name, { key: "Enter" });
  expect(onAdd).toHaveBeenCalledWith("output", place);
});

test("a field is added to a schema and taken away", () => {
  const onChange = vi.fn();
  const { rerender } = show(<SchemaBuilder label="Form" value={undefined} onChange={onChange} />);
  fireEvent.click(screen.getByRole("button", { name: "Add a field" }));
  const schema = { type: "object", properties: { field_1: { type: "string" } } };
  expect(onChange).toHaveBeenLastCalledWith(schema);
  rerender(
    <MantineProvider>
      <SchemaBuilder label="Form" value={schema} onChange={onChange} />
    </MantineProvider>,
  );
  fireEvent.click(screen.getByRole("button", { name: "Remove field_1" }));
  expect(onChange).toHaveBeenLastCalledWith(undefined);
});
