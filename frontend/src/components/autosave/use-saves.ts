import { useCallback, useEffect, useRef } from "react";
import type { StoreApi } from "zustand";

export type SaveState = "saved" | "unsaved" | "saving" | "failed" | "conflict";

/** Where the state of what is edited is kept, so that it can be asked for between two drawings of the page. */
export type Editing = Pick<StoreApi<{ save: SaveState }>, "getState" | "getInitialState" | "subscribe">;

interface Options {
  editing: Editing;
  /** How it stands in what was drawn. */
  save: SaveState;
  /** What is edited; another value after each change. */
  edited: unknown;
  /** One save. Whether everything is stored after it. */
  store: () => Promise<boolean>;
}

const QUIET = 900;
/** Browsers let no more than 64 KiB go on without the page that sent it. */
const OUTLIVES = 60_000;

/** Save whenever nothing was changed for a moment, when the tab is closed, and when asked to. */
export function useSaves({ editing, save, edited, store }: Options): () => Promise<boolean> {
  const flush = useOneAfterTheOther(editing, store);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every change begins the wait anew
  useEffect(() => {
    if (save !== "unsaved") return;
    const timer = setTimeout(() => void flush(), QUIET);
    return () => clearTimeout(timer);
  }, [edited, save, flush]);
  useEffect(() => {
    const leave = () => void flush();
    // While the browser asks whether to leave, what is too large to outlive the page is on its way already.
    const ends = ["beforeunload", "pagehide"];
    for (const end of ends) globalThis.addEventListener(end, leave);
    return () => {
      for (const end of ends) globalThis.removeEventListener(end, leave);
    };
  }, [flush]);
  return flush;
}

/** Two saves at once would be in conflict with each other; the first one goes at once, for a page that ends. */
function useOneAfterTheOther(editing: Editing, store: () => Promise<boolean>): () => Promise<boolean> {
  const last = useRef<Promise<boolean> | null>(null);
  return useCallback(() => {
    const saved = async (): Promise<boolean> => {
      const { save } = editing.getState();
      return save === "saved" || (save !== "conflict" && (await store()));
    };
    const own = last.current === null ? saved() : last.current.then(saved);
    last.current = own;
    void own.then(() => {
      if (last.current === own) last.current = null;
    });
    return own;
  }, [editing, store]);
}

/** Save until nothing is left that was changed during a save. Whether everything is stored. */
export async function saveAll(editing: Editing, save: () => Promise<boolean>): Promise<boolean> {
  while (!(await save())) if (editing.getState().save !== "unsaved") return false;
  return true;
}

/** Whether a body is sent to its end even if the page is left meanwhile. */
export function outlives(body: object): boolean {
  return new TextEncoder().encode(JSON.stringify(body)).length < OUTLIVES;
}
