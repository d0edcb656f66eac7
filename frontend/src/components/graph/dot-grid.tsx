import { useStoreApi } from "@xyflow/react";
import { useEffect, useRef } from "react";
import classes from "./dot-grid.module.css";

const GAP = 20;
/** Dots that come closer than this are drawn further apart. */
const LEAST = 10;

/**
 * The ground of a canvas. It is a layer of its own which follows by being moved, at most by one gap: what is not drawn
 * anew at every step of the mouse leaves the time for what is.
 */
export function DotGrid() {
  const ground = useRef<HTMLDivElement>(null);
  const store = useStoreApi();
  useEffect(() => {
    let before = 0;
    const follow = ([x, y, zoom]: readonly [number, number, number]) => {
      const style = ground.current?.style;
      if (!style) return;
      const gap = gapAt(zoom);
      style.transform = `translate(${wrapped(x, gap)}px, ${wrapped(y, gap)}px)`;
      if (zoom === before) return;
      before = zoom;
      style.setProperty("--gap", `${gap}px`);
      style.setProperty("--dot", `${Math.min(1.2, Math.max(0.5, 0.8 * zoom))}px`);
    };
    follow(store.getState().transform);
    return store.subscribe(({ transform }) => follow(transform));
  }, [store]);
  return (
    <div className={classes.frame} aria-hidden>
      <div ref={ground} className={classes.ground} />
    </div>
  );
}

export function gapAt(zoom: number): number {
  let gap = GAP * zoom;
  while (gap < LEAST) gap *= 2;
  return gap;
}

/** How far the pattern has to be moved, from one gap to the left of where it begins. */
export function wrapped(at: number, gap: number): number {
  return (((at % gap) + gap) % gap) - gap;
}
