import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { nodeKindsQuery } from "@/api/queries/node-kinds";
import { draftQuery } from "@/api/queries/workflows";
import { early } from "../query-client";
import { shell } from "./root";
import { type Search, texts } from "./search";

const workflows = createRoute({
  getParentRoute: () => shell,
  path: "/workflows",
  validateSearch: (search: Search): { begin?: string } => texts(search, "begin"),
  component: lazyRouteComponent(() => import("@/features/workflows/workflows-page"), "WorkflowsPage"),
});

const templates = createRoute({
  getParentRoute: () => shell,
  path: "/templates",
  component: lazyRouteComponent(() => import("@/features/workflows/templates-page"), "TemplatesPage"),
});

const workflow = createRoute({
  getParentRoute: () => shell,
  path: "/workflows/$slug",
  component: lazyRouteComponent(() => import("@/features/workflows/workflow-page"), "WorkflowPage"),
});

const editor = createRoute({
  getParentRoute: () => shell,
  path: "/workflows/$slug/edit",
  loader: ({ params: { slug }, preload }) => {
    early(nodeKindsQuery);
    // Whoever only points at the link may open it much later.
    if (!preload) early(draftQuery(slug));
  },
  component: lazyRouteComponent(() => import("@/features/editor/editor-page"), "EditorPage"),
});

const history = createRoute({
  getParentRoute: () => shell,
  path: "/workflows/$slug/history",
  component: lazyRouteComponent(() => import("@/features/editor/history/history-page"), "HistoryPage"),
});

const triggers = createRoute({
  getParentRoute: () => shell,
  path: "/workflows/$slug/triggers",
  component: lazyRouteComponent(() => import("@/features/triggers/triggers-page"), "TriggersPage"),
});

const schedules = createRoute({
  getParentRoute: () => shell,
  path: "/schedules",
  component: lazyRouteComponent(() => import("@/features/triggers/schedules-page"), "SchedulesPage"),
});

const fill = createRoute({
  getParentRoute: () => shell,
  path: "/fill/$hookId",
  component: lazyRouteComponent(() => import("@/features/forms/fill-page"), "FillPage"),
});

/** What can be run, drawn and started by itself. */
export const building = [workflows, templates, workflow, editor, history, triggers, schedules, fill] as const;
