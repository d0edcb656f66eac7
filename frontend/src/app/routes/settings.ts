import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { shell } from "./root";
import { type Search, texts } from "./search";

const settings = createRoute({
  getParentRoute: () => shell,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/settings/settings-page"), "SettingsPage"),
});

const settingsHome = createRoute({
  getParentRoute: () => settings,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/profile", replace: true });
  },
});

const profile = createRoute({
  getParentRoute: () => settings,
  path: "/profile",
  component: lazyRouteComponent(() => import("@/features/settings/profile-page"), "ProfilePage"),
});

const security = createRoute({
  getParentRoute: () => settings,
  path: "/security",
  component: lazyRouteComponent(() => import("@/features/settings/security-page"), "SecurityPage"),
});

const notifications = createRoute({
  getParentRoute: () => settings,
  path: "/notifications",
  component: lazyRouteComponent(() => import("@/features/settings/notifications-page"), "NotificationsPage"),
});

const absences = createRoute({
  getParentRoute: () => settings,
  path: "/absences",
  component: lazyRouteComponent(() => import("@/features/settings/absences/absences-page"), "AbsencesPage"),
});

const workspace = createRoute({
  getParentRoute: () => settings,
  path: "/workspace",
  component: lazyRouteComponent(() => import("@/features/settings/workspace-page"), "WorkspacePage"),
});

const members = createRoute({
  getParentRoute: () => settings,
  path: "/members",
  component: lazyRouteComponent(() => import("@/features/settings/members-page"), "MembersPage"),
});

const groups = createRoute({
  getParentRoute: () => settings,
  path: "/groups",
  component: lazyRouteComponent(() => import("@/features/settings/groups-page"), "GroupsPage"),
});

const signOn = createRoute({
  getParentRoute: () => settings,
  path: "/sign-on",
  component: lazyRouteComponent(() => import("@/features/settings/sign-on/sign-on-page"), "SignOnPage"),
});

const approvalRules = createRoute({
  getParentRoute: () => settings,
  path: "/approval-rules",
  component: lazyRouteComponent(() => import("@/features/settings/rules/rules-page"), "RulesPage"),
});

const calendars = createRoute({
  getParentRoute: () => settings,
  path: "/calendars",
  component: lazyRouteComponent(
    () => import("@/features/settings/calendars/calendars-page"),
    "CalendarsPage",
  ),
});

const credentials = createRoute({
  getParentRoute: () => settings,
  path: "/credentials",
  component: lazyRouteComponent(() => import("@/features/settings/credentials-page"), "CredentialsPage"),
});

const connections = createRoute({
  getParentRoute: () => settings,
  path: "/connections",
  component: lazyRouteComponent(
    () => import("@/features/settings/connections/connections-page"),
    "ConnectionsPage",
  ),
});

const subscriptions = createRoute({
  getParentRoute: () => settings,
  path: "/subscriptions",
  component: lazyRouteComponent(
    () => import("@/features/settings/subscriptions/subscriptions-page"),
    "SubscriptionsPage",
  ),
});

const apiKeys = createRoute({
  getParentRoute: () => settings,
  path: "/api-keys",
  component: lazyRouteComponent(() => import("@/features/settings/api-keys-page"), "ApiKeysPage"),
});

const quotas = createRoute({
  getParentRoute: () => settings,
  path: "/quotas",
  component: lazyRouteComponent(() => import("@/features/settings/quotas-page"), "QuotasPage"),
});

const privacy = createRoute({
  getParentRoute: () => settings,
  path: "/privacy",
  component: lazyRouteComponent(() => import("@/features/settings/privacy/privacy-page"), "PrivacyPage"),
});

const audit = createRoute({
  getParentRoute: () => settings,
  path: "/audit",
  component: lazyRouteComponent(() => import("@/features/settings/audit-page"), "AuditPage"),
});

const connectionCallback = createRoute({
  getParentRoute: () => shell,
  path: "/connections/callback",
  validateSearch: (search: Search): { state?: string; code?: string; error?: string; iss?: string } =>
    texts(search, "state", "code", "error", "iss"),
  component: lazyRouteComponent(
    () => import("@/features/settings/connections/callback-page"),
    "ConnectionCallbackPage",
  ),
});

/** The person, the workspace and its people. */
export const settingsPages = [
  settings.addChildren([
    settingsHome,
    profile,
    security,
    notifications,
    absences,
    workspace,
    members,
    groups,
    signOn,
    approvalRules,
    calendars,
    credentials,
    connections,
    subscriptions,
    apiKeys,
    quotas,
    privacy,
    audit,
  ]),
  connectionCallback,
] as const;
