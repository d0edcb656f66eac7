import type { Role } from "@/api/generated/perdure.schemas";

/** Roles from the strongest to the weakest, in the words of a person who gives one. */
export const ROLES: readonly { value: Role; label: string; may: string }[] = [
  { value: "owner", label: "Owner", may: "everything, also quotas and owners" },
  { value: "admin", label: "Admin", may: "people, keys, audit log, workspace" },
  { value: "editor", label: "Editor", may: "build and publish workflows, credentials" },
  { value: "operator", label: "Operator", may: "start and steer runs, decide requests" },
  { value: "viewer", label: "Viewer", may: "look at everything, change nothing" },
];

/** What to call a role. */
export function roleLabel(role: Role): string {
  return ROLES.find(({ value }) => value === role)?.label ?? role;
}
