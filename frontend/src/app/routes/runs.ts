import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { approvalCountsQuery, approvalQuery } from "@/api/queries/approvals";
import { early } from "../query-client";
import { shell } from "./root";
import { type Search, texts } from "./search";

type RunFilterField = (typeof RUN_FILTER)[number];

const RUN_FILTER = ["status", "workflow", "text", "since", "trigger", "by", "cost"] as const;

const runs = createRoute({
  getParentRoute: () => shell,
  path: "/runs",
  validateSearch: (search: Search): Partial<Record<RunFilterField, string>> => texts(search, ...RUN_FILTER),
  component: lazyRouteComponent(() => import("@/features/runs/list/runs-page"), "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => shell,
  path: "/runs/$runId",
  validateSearch: (search: Search): { step?: string; view?: string } => texts(search, "step", "view"),
  component: lazyRouteComponent(() => import("@/features/runs/run-page"), "RunPage"),
});

const compare = createRoute({
  getParentRoute: () => shell,
  path: "/runs/$runId/compare",
  validateSearch: (search: Search): { with?: string; all?: string } => texts(search, "with", "all"),
  component: lazyRouteComponent(() => import("@/features/runs/compare/compare-page"), "ComparePage"),
});

const inbox = createRoute({
  getParentRoute: () => shell,
  path: "/inbox",
  validateSearch: (
    search: Search,
  ): Partial<Record<"view" | "request" | "q" | "sort" | "priority" | "tag" | "workflow", string>> =>
    texts(search, "view", "request", "q", "sort", "priority", "tag", "workflow"),
  loaderDeps: ({ search: { request } }) => ({ request }),
  loader: ({ deps: { request }, cause }) => {
    if (cause === "stay") return;
    early(approvalCountsQuery);
    if (request !== undefined) early(approvalQuery(request));
  },
  component: lazyRouteComponent(() => import("@/features/inbox/inbox-page"), "InboxPage"),
});

const usage = createRoute({
  getParentRoute: () => shell,
  path: "/usage",
  validateSearch: (search: Search): { days?: string; metric?: string; by?: string; workflow?: string } =>
    texts(search, "days", "metric", "by", "workflow"),
  component: lazyRouteComponent(() => import("@/features/usage/usage-page"), "UsagePage"),
});

/** What runs, what waits for people, and what it costs. */
export const running = [runs, run, compare, inbox, usage] as const;
