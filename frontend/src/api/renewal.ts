import type { SignedIn } from "./generated/perdure.schemas";
import { endSession, isRenewable, signInPerson, useSession } from "./session";

const URL = "/v1/auth/refresh";
const LOCK = "perdure-renewal";
const EARLY = 0.75;

let timer: ReturnType<typeof setTimeout> | undefined;

/**
 * Get a token in place of one that is no longer good. Every renewal uses the cookie up and gets the next one, so the
 * tabs of a browser take turns: a cookie that is used twice looks like a theft, and ends the session.
 *
 * @param stale the token that was refused; if another request has renewed it meanwhile, that result is taken
 */
export async function renew(stale: string | null): Promise<string | null> {
  return exclusively(async () => {
    const { token } = useSession.getState();
    if (token !== stale) return token;
    if (!isRenewable()) {
      endSession(true);
      return null;
    }
    return ask();
  });
}

/** Renew a token before it is refused. */
export function renewIn(seconds: number, token: string): void {
  clearTimeout(timer);
  timer = setTimeout(() => void renew(token).catch(() => undefined), seconds * 1_000 * EARLY);
}

async function ask(): Promise<string | null> {
  const headers = { "x-perdure-client": "web", "content-type": "application/json" };
  const response = await fetch(URL, { method: "POST", headers, body: "{}" }).catch(() => null);
  // A server that is away for a moment ends no session.
  if (response === null || response.status === 429 || response.status >= 500) return null;
  if (!response.ok) {
    endSession(useSession.getState().state === "in");
    return null;
  }
  const { access_token, expires_in } = (await response.json()) as SignedIn;
  signInPerson(access_token);
  renewIn(expires_in, access_token);
  return access_token;
}

let queue: Promise<unknown> = Promise.resolve();

function exclusively<T>(action: () => Promise<T>): Promise<T> {
  // Plain HTTP on another machine has no locks; then at least the requests of this tab take turns.
  if (navigator.locks) return navigator.locks.request(LOCK, action) as Promise<T>;
  const next = queue.then(action, action);
  queue = next.catch(() => undefined);
  return next;
}
