import { useReactFlow, useStoreApi } from "@xyflow/react";
import { memo, type PointerEvent, useEffect, useMemo, useRef, type WheelEvent } from "react";
import classes from "./overview.module.css";
import type { AnyNode } from "./use-canvas-nodes";

const WIDTH = 190;
const HEIGHT = 130;
const MARGIN = 6;
const STEP = 1.15;

interface Props {
  nodes: readonly AnyNode[];
}

/** The whole graph in a corner, and which part of it is in sight; it is drawn anew when steps move, not when the view does. */
export const Overview = memo(function Overview({ nodes }: Props) {
  const sight = useRef<HTMLDivElement>(null);
  const map = useMemo(() => mapOf(nodes), [nodes]);
  const store = useStoreApi();
  const canvas = useReactFlow();
  useEffect(() => {
    const follow = () => {
      const { transform, width, height } = store.getState();
      if (sight.current) Object.assign(sight.current.style, sightOn(map, transform, width, height));
    };
    follow();
    return store.subscribe(follow);
  }, [store, map]);
  const go = ({ currentTarget, clientX, clientY }: PointerEvent<HTMLDivElement>) => {
    const { left, top } = currentTarget.getBoundingClientRect();
    const [x, y] = [(clientX - left) / map.scale + map.x, (clientY - top) / map.scale + map.y];
    void canvas.setCenter(x, y, { zoom: canvas.getZoom() });
  };
  const zoom = ({ deltaY }: WheelEvent) =>
    void canvas.zoomTo(deltaY < 0 ? canvas.getZoom() * STEP : canvas.getZoom() / STEP);
  return (
    <div
      className={`${classes.map} nopan nowheel`}
      role="img"
      aria-label="Overview"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        go(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons > 0) go(event);
      }}
      onWheel={zoom}
    >
      <svg width={WIDTH} height={HEIGHT} aria-hidden>
        <path d={map.path} className={classes.steps} />
      </svg>
      <div ref={sight} className={classes.sight} />
    </div>
  );
});

interface Chart {
  x: number;
  y: number;
  scale: number;
  path: string;
}

/** Everything that stands on the canvas by itself, as one line to be drawn. */
export function mapOf(nodes: readonly AnyNode[]): Chart {
  const places = new Map<string, { x: number; y: number }>();
  const boxes = nodes.map(({ id, parentId, position, width = 0, height = 0 }) => {
    const parent = parentId === undefined ? undefined : places.get(parentId);
    const at = { x: position.x + (parent?.x ?? 0), y: position.y + (parent?.y ?? 0) };
    places.set(id, at);
    return { ...at, width, height };
  });
  const left = Math.min(...boxes.map(({ x }) => x));
  const top = Math.min(...boxes.map(({ y }) => y));
  const right = Math.max(...boxes.map(({ x, width }) => x + width));
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height));
  const scale = Math.min((WIDTH - 2 * MARGIN) / (right - left), (HEIGHT - 2 * MARGIN) / (bottom - top));
  const [x, y] = [(left + right - WIDTH / scale) / 2, (top + bottom - HEIGHT / scale) / 2];
  const on = (value: number) => Math.round(value * scale * 10) / 10;
  const path = boxes.map((box) => {
    const wide = Math.max(1, on(box.width));
    return `M${on(box.x - x)} ${on(box.y - y)}h${wide}v${Math.max(1, on(box.height))}h-${wide}z`;
  });
  return { x, y, scale, path: path.join("") };
}

/** What is in sight, as a place on the map; never beyond its edge. */
function sightOn(
  map: Chart,
  [x, y, zoom]: readonly [number, number, number],
  width: number,
  height: number,
): Pick<CSSStyleDeclaration, "transform" | "width" | "height"> {
  const inside = (value: number, most: number) => Math.min(most, Math.max(0, value));
  const left = inside((-x / zoom - map.x) * map.scale, WIDTH);
  const top = inside((-y / zoom - map.y) * map.scale, HEIGHT);
  const right = inside(((width - x) / zoom - map.x) * map.scale, WIDTH);
  const bottom = inside(((height - y) / zoom - map.y) * map.scale, HEIGHT);
  return {
    transform: `translate(${left}px, ${top}px)`,
    width: `${right - left}px`,
    height: `${bottom - top}px`,
  };
}
