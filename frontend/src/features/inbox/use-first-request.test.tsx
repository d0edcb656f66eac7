import { renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useFirstRequest } from "./use-first-request";

interface Shown {
  view: string;
  ids: readonly string[];
  chosen: string | null;
  loaded?: boolean;
}

function look(shown: Shown) {
  const choose = vi.fn();
  const { rerender } = renderHook(
    ({ view, ids, chosen, loaded = true }: Shown) =>
      useFirstRequest(
        view,
        ids.map((id) => ({ id })),
        loaded,
        chosen,
        choose,
      ),
    { initialProps: shown },
  );
  return { choose, rerender };
}

const narrow = (matches: boolean) =>
  vi.spyOn(globalThis, "matchMedia").mockReturnValue({ matches } as MediaQueryList);

test("the first request is open as soon as the list is there, once for each view", () => {
  narrow(false);
  const { choose, rerender } = look({ view: "mine", ids: [], chosen: null });
  expect(choose).not.toHaveBeenCalled();
  rerender({ view: "mine", ids: ["a", "b"], chosen: null });
  expect(choose).toHaveBeenLastCalledWith("a");
  // Whoever closes it wants to see the list.
  rerender({ view: "mine", ids: ["a", "b"], chosen: "a" });
  rerender({ view: "mine", ids: ["a", "b"], chosen: null });
  expect(choose).toHaveBeenCalledOnce();
  rerender({ view: "open", ids: ["c"], chosen: null });
  expect(choose).toHaveBeenLastCalledWith("c");
  // Another search is on its way: whoever closes the request before wants to see what it finds.
  rerender({ view: "open", ids: ["c"], chosen: "c" });
  rerender({ view: "open", ids: ["c"], chosen: null });
  rerender({ view: "open", ids: [], chosen: null, loaded: false });
  rerender({ view: "open", ids: ["b"], chosen: null });
  expect(choose).toHaveBeenCalledTimes(2);
  // All are answered, and another one comes.
  rerender({ view: "open", ids: [], chosen: null });
  rerender({ view: "open", ids: ["d"], chosen: null });
  expect(choose).toHaveBeenLastCalledWith("d");
});

test("a request that a link has led to stays open", () => {
  narrow(false);
  const { choose, rerender } = look({ view: "mine", ids: ["a", "b"], chosen: "b" });
  rerender({ view: "mine", ids: ["a", "b"], chosen: null });
  expect(choose).not.toHaveBeenCalled();
});

test("on a narrow screen the list is shown first", () => {
  narrow(true);
  expect(look({ view: "mine", ids: ["a"], chosen: null }).choose).not.toHaveBeenCalled();
});
