import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

/** How many times wider than its frame the time may be drawn. */
export const MOST_ZOOM = 64;
const PER_PIXEL = 0.0025;

/** A moment that stays where it is on the screen while the time is drawn wider or narrower. */
interface Anchor {
  /** Share of the whole time, 0 to 1. */
  share: number;
  clientX: number;
}

/**
 * How wide the time is drawn: by buttons, by the wheel with Ctrl or Cmd, and by the keys +, − and 0.
 *
 * @param frame what scrolls
 * @param track what is as wide as the whole time
 */
export function useTimelineZoom(frame: RefObject<HTMLElement | null>, track: RefObject<HTMLElement | null>) {
  const [zoom, setZoom] = useState(1);
  const anchor = useRef<Anchor | null>(null);
  const zoomTo = useCallback(
    (next: (before: number) => number, clientX?: number) => {
      const bounds = track.current?.getBoundingClientRect();
      const view = frame.current?.getBoundingClientRect();
      if (!bounds || !view) return;
      const at = clientX ?? (Math.max(view.left, bounds.left) + Math.min(view.right, bounds.right)) / 2;
      anchor.current = { share: (at - bounds.left) / bounds.width, clientX: at };
      setZoom((before) => Math.min(MOST_ZOOM, Math.max(1, next(before))));
    },
    [frame, track],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is anchored moves whenever the zoom is another one
  useLayoutEffect(() => {
    const bounds = track.current?.getBoundingClientRect();
    if (!anchor.current || !bounds || !frame.current) return;
    const { share, clientX } = anchor.current;
    frame.current.scrollLeft += bounds.left + share * bounds.width - clientX;
    anchor.current = null;
  }, [zoom, frame, track]);
  useEffect(() => {
    const element = frame.current;
    // Not through React, whose wheel listeners cannot keep the browser from zooming the page.
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoomTo((before) => before * Math.exp(-event.deltaY * PER_PIXEL), event.clientX);
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [frame, zoomTo]);
  const onKeyDown = useCallback(
    (event: { key: string; ctrlKey: boolean; metaKey: boolean; preventDefault: () => void }) => {
      const change = KEYS[event.key];
      if (!change || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      zoomTo(change);
    },
    [zoomTo],
  );
  return { zoom, zoomTo, onKeyDown };
}

const KEYS: Record<string, (before: number) => number> = {
  "+": (before) => before * 1.5,
  "=": (before) => before * 1.5,
  "-": (before) => before / 1.5,
  "0": () => 1,
};
