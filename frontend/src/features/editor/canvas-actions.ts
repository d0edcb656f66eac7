import { createContext } from "react";

export interface EdgeEnds {
  source: string;
  port: string;
  target: string;
}

interface CanvasActions {
  /** Choose the first step of a container. */
  fill: (container: string, at: { x: number; y: number }) => void;
  insert: (edge: EdgeEnds, at: { x: number; y: number }) => void;
  remove: (edge: EdgeEnds) => void;
}

/** What edges and containers can ask their canvas to do. */
export const CanvasActionsContext = createContext<CanvasActions>({
  fill: () => undefined,
  insert: () => undefined,
  remove: () => undefined,
});
