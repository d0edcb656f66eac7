import { QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createQueryClient } from "@/api/query-client";
import { useDesktopNotice, useNoticeChoice } from "./use-desktop-notice";

const HALF_A_MINUTE = 30_000;

interface Told {
  body: string | undefined;
  onclick: (() => void) | null;
}

const told: Told[] = [];
let waiting = 2;

class FakeNotification implements Told {
  static permission = "granted";
  /** Whether a page may show notices by itself. */
  static possible = true;
  static requestPermission = async () => "granted";
  readonly body: string | undefined;
  onclick: (() => void) | null = null;
  close = () => undefined;

  constructor(_title: string, options: { body?: string }) {
    if (!FakeNotification.possible) throw new TypeError("Illegal constructor.");
    this.body = options.body;
    told.push(this);
  }
}

beforeEach(() => {
  told.length = 0;
  FakeNotification.possible = true;
  waiting = 2;
  vi.useFakeTimers();
  vi.stubGlobal("Notification", FakeNotification);
  vi.stubGlobal("fetch", async () => Response.json({ views: { mine: { count: waiting, more: false } } }));
  vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  localStorage.clear();
});

function listen() {
  const client = createQueryClient();
  const onOpen = vi.fn();
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  const heard = renderHook(
    () => {
      useDesktopNotice(onOpen);
      return useNoticeChoice();
    },
    { wrapper },
  );
  const wait = () => act(() => vi.advanceTimersByTimeAsync(HALF_A_MINUTE));
  return { ...heard, onOpen, wait };
}

test("who looks elsewhere is told of a new request, and led to it", async () => {
  const { result, onOpen, wait } = listen();
  await act(async () => result.current.toggle());
  await wait();
  expect(told).toEqual([]);
  waiting = 3;
  await wait();
  expect(told.map(({ body }) => body)).toEqual(["3 requests wait for you."]);
  told[0]?.onclick?.();
  expect(onOpen).toHaveBeenCalledOnce();
  await act(async () => result.current.toggle());
  waiting = 4;
  await wait();
  expect(told).toHaveLength(1);
});

test("where a page may not show notices by itself, as in Chrome on Android, it goes on without them", async () => {
  FakeNotification.possible = false;
  const { result, wait } = listen();
  await act(async () => result.current.toggle());
  await wait();
  waiting = 3;
  await wait();
  expect(told).toEqual([]);
  expect(result.current.on).toBe(true);
});
