import { createRoute, createRouter, redirect } from "@tanstack/react-router";
import { RouteError } from "./route-errors";
import { agentPages } from "./routes/agents";
import { entry } from "./routes/entry";
import { root, shell } from "./routes/root";
import { running } from "./routes/runs";
import { parseSearch, stringifySearch } from "./routes/search";
import { settingsPages } from "./routes/settings";
import { building } from "./routes/workflows";
import { PageLoading } from "./shell";

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/workflows", replace: true });
  },
});

export const router = createRouter({
  routeTree: root.addChildren([
    ...entry,
    shell.addChildren([home, ...building, ...agentPages, ...running, ...settingsPages]),
  ]),
  parseSearch,
  stringifySearch,
  defaultPreload: "intent",
  defaultPendingComponent: PageLoading,
  defaultErrorComponent: RouteError,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
