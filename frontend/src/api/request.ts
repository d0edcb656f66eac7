import { errorOf, noteRequest, unreachable } from "./problem";
import { renew } from "./renewal";
import { isRenewable, useSession } from "./session";

const UNAUTHORIZED = 401;

/** Send a request as the person who is signed in; every generated function ends here. */
export async function request<T>(url: string, init: RequestInit = {}): Promise<T> {
  const response = await send(url, init);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/**
 * The same for an answer that is not JSON.
 *
 * @throws {ApiError} unless it is a success
 */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  const token = useSession.getState().token;
  let response = await attempt(url, init, token);
  if (response.status === UNAUTHORIZED && token !== null && !isSignIn(url)) {
    const renewed = await renew(token);
    if (renewed !== null) response = await attempt(url, init, renewed);
  }
  if (response.ok) return response;
  throw await errorOf(response);
}

/** A token that is good for a while, for whoever cannot go through `send`. */
export async function freshToken(): Promise<string | null> {
  const { token } = useSession.getState();
  return token === null && isRenewable() ? renew(null) : token;
}

async function attempt(url: string, init: RequestInit, token: string | null): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("x-perdure-client", "web");
  if (token !== null && !headers.has("authorization")) headers.set("authorization", `Bearer ${token}`);
  if (typeof init.body === "string" && !headers.has("content-type"))
    headers.set("content-type", "application/json");
  try {
    const response = await fetch(url, { ...init, headers });
    noteRequest(response.headers.get("x-request-id"));
    return response;
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw unreachable();
  }
}

function isSignIn(url: string): boolean {
  return url.startsWith("/v1/auth/login") || url.startsWith("/v1/auth/ticket") || url.startsWith("/v1/setup");
}
