import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError } from "./problem";
import { request } from "./request";
import { endSession, signInOperator, signInPerson, useSession } from "./session";

type Answer = (url: string, init: RequestInit) => Response;

const calls: { url: string; token: string | null }[] = [];

function serve(answer: Answer): void {
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    calls.push({ url, token: new Headers(init.headers).get("authorization") });
    return answer(url, init);
  });
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/problem+json" },
  });
}

const unauthenticated = () => json(401, { code: "unauthenticated", detail: "No.", request_id: "r1" });

beforeEach(() => {
  calls.length = 0;
  endSession(false);
});

afterEach(() => vi.unstubAllGlobals());

test("a problem becomes an error with its sentence, code and request id", async () => {
  serve(() => json(404, { code: "not_found", detail: "There is no run 'x'.", request_id: "r7" }));
  const error = await request("/v1/runs/x").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    status: 404,
    code: "not_found",
    message: "There is no run 'x'.",
    requestId: "r7",
  });
});

test("an answer that is no problem is told by its status", async () => {
  serve(
    () =>
      new Response("<html>", { status: 502, statusText: "Bad Gateway", headers: { "x-request-id": "r9" } }),
  );
  await expect(request("/v1/runs")).rejects.toMatchObject({
    code: "unknown",
    requestId: "r9",
    temporary: true,
  });
});

test("a server that cannot be reached is said to be away", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  await expect(request("/v1/runs")).rejects.toMatchObject({ code: "unreachable", temporary: true });
});

test("a token that was refused is renewed once for all requests that wait for it", async () => {
  signInPerson("old");
  serve((url, init) => {
    if (url === "/v1/auth/refresh") return json(200, { access_token: "new", expires_in: 600 });
    return new Headers(init.headers).get("authorization") === "Bearer new"
      ? json(200, { ok: true })
      : unauthenticated();
  });
  const answers = await Promise.all([request("/v1/runs"), request("/v1/approvals")]);
  expect(answers).toEqual([{ ok: true }, { ok: true }]);
  expect(calls.filter(({ url }) => url === "/v1/auth/refresh")).toHaveLength(1);
  expect(useSession.getState()).toMatchObject({ state: "in", token: "new" });
});

test("a session that the server has ended is over here too", async () => {
  signInPerson("old");
  serve(unauthenticated);
  await expect(request("/v1/runs")).rejects.toMatchObject({ status: 401 });
  expect(useSession.getState()).toMatchObject({ state: "out", token: null, expired: true });
});

test("a server that is away does not end a session", async () => {
  signInPerson("old");
  serve((url) => (url === "/v1/auth/refresh" ? json(503, {}) : unauthenticated()));
  await expect(request("/v1/runs")).rejects.toMatchObject({ status: 401 });
  expect(useSession.getState().state).toBe("in");
});

test("the operator's token is never renewed", async () => {
  signInOperator("wrong");
  serve(unauthenticated);
  await expect(request("/v1/runs")).rejects.toMatchObject({ status: 401 });
  expect(calls.map(({ url }) => url)).toEqual(["/v1/runs"]);
  expect(useSession.getState()).toMatchObject({ state: "out", expired: true });
});
