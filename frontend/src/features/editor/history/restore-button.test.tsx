import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { act, fireEvent, render, screen } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import { useDraft } from "../use-draft";
import { RestoreButton } from "./restore-button";

let revision: number;
const restored: unknown[] = [];

beforeEach(() => {
  revision = 1;
  restored.length = 0;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    if (url.includes("/restore")) restored.push(JSON.parse(String(init.body)));
    if (url.includes("/me")) return Response.json({ permissions: ["workflows:edit"] });
    return Response.json({ revision });
  });
});

test("the editor begins with the draft as it is stored, on the way back from the history too", async () => {
  const go = await visit();
  await screen.findByText("edits revision 1");
  await go("/workflows/mails/history");
  await screen.findByRole("link", { name: "Edit" });
  revision = 2;
  await go("/workflows/mails/edit");
  await screen.findByText("edits revision 2");
});

test("a version is restored over the draft as it is stored, not as it was when it was edited", async () => {
  const go = await visit();
  await screen.findByText("edits revision 1");
  revision = 2;
  await go("/workflows/mails/history");
  fireEvent.click(await screen.findByRole("button", { name: "Restore version 3" }));
  const restore = await screen.findByRole("button", { name: "Restore" });
  await vi.waitFor(() => expect((restore as HTMLButtonElement).disabled).toBe(false));
  fireEvent.click(restore);
  await vi.waitFor(() => expect(restored).toEqual([{ revision: 2 }]));
});

/** An editor that only says what it was given, with the history beside it. */
async function visit(): Promise<(to: string) => Promise<void>> {
  const root = createRootRoute();
  const edited = createRoute({
    getParentRoute: () => root,
    path: "/workflows/$slug/edit",
    component: () => <p>edits revision {useDraft("mails").data?.revision}</p>,
  });
  const history = createRoute({
    getParentRoute: () => root,
    path: "/workflows/$slug/history",
    component: () => <RestoreButton slug="mails" version={3} />,
  });
  const router = createRouter({
    routeTree: root.addChildren([edited, history]),
    history: createMemoryHistory({ initialEntries: ["/workflows/mails/edit"] }),
  });
  render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return async (to) => {
    await act(async () => router.history.push(to));
  };
}
