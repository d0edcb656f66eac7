import { logout } from "./generated/sign-in";
import { endSession, isRenewable } from "./session";

type Guard = () => Promise<boolean>;

const guards = new Set<Guard>();

/** Be asked before somebody signs out or enters another workspace; whoever says no keeps them. Gives the end of it. */
export function guardLeaving(guard: Guard): () => void {
  guards.add(guard);
  return () => {
    guards.delete(guard);
  };
}

/** Whether nothing is lost by leaving: all that was changed is stored, or given up. */
export async function mayLeave(): Promise<boolean> {
  for (const guard of guards) if (!(await guard())) return false;
  return true;
}

/** Sign out: here at once, and on the server as well if it can be reached. */
export async function leave(): Promise<void> {
  if (!(await mayLeave())) return;
  if (isRenewable()) await logout().catch(() => undefined);
  endSession(false);
}
