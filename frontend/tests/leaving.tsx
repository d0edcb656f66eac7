import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createBrowserHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { act, render } from "@testing-library/react";
import type { FunctionComponent } from "react";
import { onTestFinished, vi } from "vitest";

/** A page of the app with another one beside it, for tests of what happens when it is left; timers have to be fake. */
export async function visitPage(path: string, route: string, page: FunctionComponent) {
  const root = createRootRoute();
  const shell = createRoute({ getParentRoute: () => root, id: "shell" });
  const visited = createRoute({ getParentRoute: () => shell, path: route, component: page });
  const away = createRoute({ getParentRoute: () => shell, path: "/away", component: () => <p>Away</p> });
  globalThis.history.replaceState(null, "", path);
  const history = createBrowserHistory();
  onTestFinished(history.destroy);
  const routeTree = root.addChildren([shell.addChildren([visited, away])]);
  const router = createRouter({ routeTree, history });
  await router.load();
  const { unmount } = render(
    <MantineProvider>
      <QueryClientProvider client={new QueryClient()}>
        <RouterProvider router={router as never} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  await pass(0);
  return {
    unmount,
    here: () => router.state.location.pathname,
    navigate: async (to: string) => {
      router.history.push(to);
      await pass(0);
    },
  };
}

/** Let time pass, and everything happen that was due. */
export async function pass(milliseconds: number): Promise<void> {
  await act(() => vi.advanceTimersByTimeAsync(milliseconds));
  for (let round = 0; round < 5; round++) await act(() => vi.advanceTimersByTimeAsync(0));
}

/** Whether the browser would ask before it closes the tab. */
export function closing(): boolean {
  const event = new Event("beforeunload", { cancelable: true });
  globalThis.dispatchEvent(event);
  globalThis.dispatchEvent(new Event("pagehide"));
  return event.defaultPrevented;
}
