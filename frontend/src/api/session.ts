import { create } from "zustand";

const OPERATOR = "perdure-operator-token";
const SIGNED_IN = "perdure-signed-in";

interface Session {
  /** `starting` while a session of an earlier visit may still be taken up. */
  state: "starting" | "in" | "out";
  /** Sent with every request. A person's token lives only here and a few minutes; the cookie that renews it is out of reach. */
  token: string | null;
  /** Signed out by the server rather than by the person. */
  expired: boolean;
}

/** Who is signed in, as far as the browser knows. */
export const useSession = create<Session>(begin);

/** A person is signed in, or their token was renewed. */
export function signInPerson(token: string): void {
  remember(SIGNED_IN, "yes");
  remember(OPERATOR, null);
  useSession.setState({ state: "in", token, expired: false });
}

/** Somebody works with the operator's token. */
export function signInOperator(token: string): void {
  remember(OPERATOR, token);
  remember(SIGNED_IN, null);
  useSession.setState({ state: "in", token, expired: false });
}

/** The session is over here; `expired` says that it was the server who ended it. */
export function endSession(expired: boolean): void {
  remember(OPERATOR, null);
  remember(SIGNED_IN, null);
  useSession.setState({ state: "out", token: null, expired });
}

/** Whether the token can be renewed: a person's can, the operator's never changes. */
export function isRenewable(): boolean {
  return recall(SIGNED_IN) !== null;
}

function begin(): Session {
  const token = recall(OPERATOR);
  const known = token !== null || recall(SIGNED_IN) !== null;
  return { state: token !== null ? "in" : known ? "starting" : "out", token, expired: false };
}

function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing still works until the tab is closed.
  }
}

// Signing out in one tab signs out in all, and so does signing in.
globalThis.addEventListener?.("storage", (event) => {
  if (event.key === OPERATOR || event.key === SIGNED_IN) useSession.setState(begin());
});
