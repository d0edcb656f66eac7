import type { Permission } from "@/api/generated/perdure.schemas";

interface SettingsPlace {
  to: string;
  label: string;
  /** Who lacks it does not see the page. */
  needs?: Permission;
}

/** The pages of the settings, for their navigation and for the command palette. */
export const SETTINGS_AREAS: readonly { area: string; places: readonly SettingsPlace[] }[] = [
  {
    area: "You",
    places: [
      { to: "/settings/profile", label: "Profile" },
      { to: "/settings/security", label: "Sign-in & security" },
      { to: "/settings/notifications", label: "Notifications" },
      { to: "/settings/absences", label: "Absences", needs: "members:read" },
    ],
  },
  {
    area: "Workspace",
    places: [
      { to: "/settings/workspace", label: "General" },
      { to: "/settings/members", label: "Members", needs: "members:read" },
      { to: "/settings/groups", label: "Groups", needs: "members:read" },
      { to: "/settings/sign-on", label: "Single sign-on", needs: "workspace:manage" },
      { to: "/settings/approval-rules", label: "Approval rules", needs: "approvals:read" },
      { to: "/settings/calendars", label: "Calendars", needs: "workspace:read" },
      { to: "/settings/credentials", label: "Credentials", needs: "credentials:read" },
      { to: "/settings/connections", label: "Connections", needs: "credentials:read" },
      { to: "/settings/subscriptions", label: "Subscriptions", needs: "workspace:manage" },
      { to: "/settings/api-keys", label: "API keys", needs: "keys:manage" },
      { to: "/settings/quotas", label: "Quotas", needs: "workspace:read" },
      { to: "/settings/privacy", label: "Privacy", needs: "workspace:read" },
      { to: "/settings/audit", label: "Audit log", needs: "audit:read" },
    ],
  },
];
