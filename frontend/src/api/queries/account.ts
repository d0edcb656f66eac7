import { queryOptions } from "@tanstack/react-query";
import { getMe } from "../generated/account";
import type { Permission } from "../generated/perdure.schemas";
import { getSetup } from "../generated/set-up";

/** Who is signed in, where, and what they may do there. */
export const meQuery = queryOptions({
  queryKey: ["me"] as const,
  queryFn: ({ signal }) => getMe({ signal }),
  staleTime: 60_000,
});

/** Whether the installation has an owner yet. */
export const setupQuery = queryOptions({
  queryKey: ["setup"] as const,
  queryFn: ({ signal }) => getSetup({ signal }),
});

/** Whether a person may do something; nobody may before it is known who they are. */
export function may(me: { permissions: Permission[] } | undefined, permission: Permission): boolean {
  return me?.permissions.includes(permission) ?? false;
}
