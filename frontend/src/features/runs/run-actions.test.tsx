import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import type { Run } from "@/api/generated/perdure.schemas";
import { meQuery } from "@/api/queries/account";
import { RunActions } from "./run-actions";

const AGENT = { nodes: [{ id: "writer", kind: "agent", with: { message: "Hello" } }] };

afterEach(() => vi.unstubAllGlobals());

test("agents at work can be talked to", async () => {
  show("running");
  expect(await screen.findByRole("button", { name: "Say something" })).toBeDefined();
});

test("whom one could talk to is not asked for when the run is over", async () => {
  const asked = show("completed");
  expect(await screen.findByRole("button", { name: "More actions" })).toBeDefined();
  expect(asked).not.toHaveBeenCalled();
});

function show(status: Run["status"]) {
  const asked = vi.fn(async () => Response.json({ document: AGENT }));
  vi.stubGlobal("fetch", asked);
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(meQuery.queryKey, { permissions: ["runs:steer"] } as never);
  render(
    <QueryClientProvider client={client}>
      <MantineProvider env="test">
        <RunActions
          run={{ id: "r", workflow: "mails", version: 1, status } as Run}
          onFork={() => undefined}
        />
      </MantineProvider>
    </QueryClientProvider>,
  );
  return asked;
}
