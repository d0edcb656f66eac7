import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { useSession } from "@/api/session";
import { root } from "./root";
import { type Search, texts } from "./search";

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search: Search): { next?: string | undefined; ticket?: string; workspace?: string } => ({
    ...texts(search, "ticket", "workspace"),
    ...nextOf(search),
  }),
  beforeLoad: ({ search }) => {
    if (useSession.getState().state === "in") throw redirect({ href: search.next ?? "/workflows" });
  },
  component: lazyRouteComponent(() => import("@/features/auth/login-page"), "LoginPage"),
});

const signOnCallback = createRoute({
  getParentRoute: () => root,
  path: "/login/callback",
  validateSearch: (
    search: Search,
  ): Partial<Record<"code" | "state" | "iss" | "error" | "error_description", string>> =>
    texts(search, "code", "state", "iss", "error", "error_description"),
  component: lazyRouteComponent(() => import("@/features/auth/sign-on-callback-page"), "SignOnCallbackPage"),
});

const setup = createRoute({
  getParentRoute: () => root,
  path: "/setup",
  validateSearch: (search: Search): { ticket?: string } => texts(search, "ticket"),
  beforeLoad: () => {
    if (useSession.getState().state === "in") throw redirect({ to: "/workflows" });
  },
  component: lazyRouteComponent(() => import("@/features/auth/setup-page"), "SetupPage"),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: lazyRouteComponent(() => import("@/features/auth/invitation-page"), "InvitationPage"),
});

/** The way in: signing in, setting up, invitations. */
export const entry = [login, signOnCallback, setup, invitation] as const;

/** Where to go after signing in: a path of this app; anything that would lead elsewhere is dropped. */
function nextOf(search: Search): { next?: string | undefined } {
  const { next } = texts(search, "next");
  return { next: next?.startsWith("/") && !/^\/[/\\]/.test(next) ? next : undefined };
}
