import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, render, screen } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { workflowKeys } from "@/api/queries/workflows";
import { EditorPage } from "./editor-page";
import { edit, undo, useEditor } from "./editor-store";

vi.mock("./editor", () => ({ Editor: () => <p>The editor</p> }));
vi.mock("@tanstack/react-router", () => ({ useParams: () => ({ slug: "mails" }) }));

test("what is read again, as after publishing, takes neither the changes nor the way back from an open editor", async () => {
  let reads = 0;
  vi.stubGlobal("fetch", async (url: string) => {
    if (!url.endsWith("/draft")) return Response.json({ items: [], node_schema: {} });
    reads++;
    return Response.json({ name: `Read ${reads}`, document: { name: "Mails" }, revision: 1, faults: [] });
  });
  const client = new QueryClient();
  const page = render(
    <MantineProvider>
      <QueryClientProvider client={client}>
        <EditorPage />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await screen.findByText("The editor");
  act(() => edit((document) => ({ ...document, name: "Letters" })));
  await act(() => client.invalidateQueries({ queryKey: workflowKeys.all }));
  await vi.waitFor(() => expect(globalThis.document.title).toContain("Read 2"));
  expect(useEditor.getState()).toMatchObject({ document: { name: "Letters" }, save: "unsaved" });
  act(undo);
  expect(useEditor.getState().document).toEqual({ name: "Mails" });
  page.unmount();
  expect(useEditor.getState().slug).toBe("");
});
