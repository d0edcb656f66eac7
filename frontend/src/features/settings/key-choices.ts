import type { Permission } from "@/api/generated/perdure.schemas";

const DAY = 86_400_000;

/** How long a key may work, in days; empty for ever. */
export const LIFETIMES = [
  { value: "7", label: "After a week" },
  { value: "30", label: "After 30 days" },
  { value: "90", label: "After 90 days" },
  { value: "365", label: "After a year" },
  { value: "", label: "Never" },
];

/** The moment at which a key that is made now ends; null for never. */
export function expiryOf(days: string, now: number): string | null {
  return days === "" ? null : new Date(now + Number(days) * DAY).toISOString();
}

const LABELS: Record<Permission, string> = {
  "workflows:read": "Read workflows",
  "workflows:edit": "Edit workflows",
  "workflows:publish": "Publish workflows",
  "runs:read": "Read runs",
  "runs:start": "Start runs",
  "runs:steer": "Steer runs",
  "approvals:read": "Read requests",
  "approvals:decide": "Decide requests",
  "events:send": "Send events",
  "credentials:read": "See credentials",
  "credentials:edit": "Change credentials",
  "members:read": "See members",
  "members:manage": "Manage members",
  "keys:manage": "Manage API keys",
  "audit:read": "Read the audit log",
  "personal:reveal": "Reveal masked data",
  "personal:read": "See personal data",
  "workspace:read": "See the workspace",
  "workspace:manage": "Manage the workspace",
  "workspace:own": "Own the workspace",
};

/** A permission in words; one that this page does not know yet by its name. */
export function scopeLabel(scope: Permission): string {
  return LABELS[scope] ?? scope;
}
