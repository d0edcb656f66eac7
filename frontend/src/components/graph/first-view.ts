import type { Rect, Viewport } from "@xyflow/react";

const MARGIN = 36;
const READABLE = 0.72;

interface Size {
  clientWidth: number;
  clientHeight: number;
}

/** The whole graph if it can be read at that size, otherwise its beginning. */
export function firstView(graph: Rect, frame: Size | null): Viewport {
  const width = frame?.clientWidth ?? 1_000;
  const height = frame?.clientHeight ?? 700;
  const fits = Math.min((width - 2 * MARGIN) / graph.width, (height - 2 * MARGIN) / graph.height);
  const zoom = Math.min(1, Math.max(fits, READABLE));
  const top = fits >= READABLE ? (height - graph.height * zoom) / 2 : MARGIN;
  return { x: (width - graph.width * zoom) / 2 - graph.x * zoom, y: top - graph.y * zoom, zoom };
}
