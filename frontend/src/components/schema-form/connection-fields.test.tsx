import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { type ComponentType, useState } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CONNECTION_FIELDS } from "./connection-fields";

const POST = {
  name: "post_message",
  title: "Post a message",
  description: "Writes into a channel.",
  effect: "irreversible",
  repeatable: false,
  granted: true,
  enabled: true,
  input_schema: { type: "object", properties: { channel: {}, text: {} } },
};
const OFF = { ...POST, name: "delete_channel", title: "Delete a channel", enabled: false };

let written: unknown;

beforeEach(() => {
  vi.stubGlobal("fetch", async (url: string) =>
    url.includes("/actions")
      ? Response.json({ items: [POST, OFF] })
      : Response.json({ items: [{ id: "c1", name: "team", provider_title: "Slack" }], next_cursor: null }),
  );
});

afterEach(() => vi.unstubAllGlobals());

test("a step is given a connection, one of its actions, and what that may change", async () => {
  show({ connection: "connection", action: "connectionAction" });
  await choose("connection", "team (Slack)");
  expect(written).toEqual({ connection: "team" });
  await choose("action", "Post a message");
  expect(screen.queryByText("Delete a channel")).toBeNull();
  expect(written).toEqual({
    connection: "team",
    action: "post_message",
    effect: "irreversible",
    repeatable: false,
  });
  await screen.findByText("Writes into a channel. Takes channel, text.");
});

test("an agent is given actions as the connection offers them", async () => {
  show({ connection: "connection", actions: "connectionActions" }, { connection: "team" });
  await choose("actions", "Post a message");
  const { title: _, granted: __, enabled: ___, ...offered } = POST;
  expect(written).toEqual({ connection: "team", actions: [offered] });
});

async function choose(field: string, option: string): Promise<void> {
  fireEvent.click(screen.getByRole("combobox", { name: field }));
  fireEvent.click(await screen.findByRole("option", { name: option, hidden: true }));
}

/** The fields as a form shows them: it tells them all of its data, and they say what changes where. */
function show(fields: Record<string, string>, data: Record<string, unknown> = {}): void {
  function Form() {
    const [value, setValue] = useState(data);
    written = value;
    return Object.entries(fields).map(([name, kind]) => {
      const Field = CONNECTION_FIELDS[kind] as ComponentType<object>;
      const given = {
        name,
        schema: {},
        formData: value[name],
        fieldPathId: { $id: `root_${name}`, path: [name] },
        registry: { formContext: value },
        onChange: (next: unknown, [at]: string[]) => setValue((now) => ({ ...now, [at as string]: next })),
      };
      return <Field key={name} {...given} />;
    });
  }
  render(
    <QueryClientProvider client={new QueryClient()}>
      <MantineProvider env="test">
        <Form />
      </MantineProvider>
    </QueryClientProvider>,
  );
}
