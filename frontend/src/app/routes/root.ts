import { createRootRoute, createRoute, Outlet, redirect } from "@tanstack/react-router";
import { meQuery } from "@/api/queries/account";
import { useSession } from "@/api/session";
import { early } from "../query-client";
import { RouteError, RouteMissing } from "../route-errors";
import { Shell } from "../shell";

/** Around everything. */
export const root = createRootRoute({
  component: Outlet,
  errorComponent: RouteError,
  notFoundComponent: RouteMissing,
});

/** Around every page that needs somebody to be signed in. */
export const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  beforeLoad: ({ location }) => {
    if (useSession.getState().state === "in") return;
    throw redirect({ to: "/login", search: location.href === "/" ? {} : { next: location.href } });
  },
  loader: () => early(meQuery),
  component: Shell,
});
