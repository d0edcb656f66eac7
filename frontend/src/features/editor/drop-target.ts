import { create } from "zustand";
import type { AnyNode } from "./use-canvas-nodes";

/** The container into which what is dragged would fall; null if it stays in the graph in which it is. */
export const useDropTarget = create<{ id: string | null }>(() => ({ id: null }));

/** The innermost of some nodes that holds a graph of its own. */
export function containerAt(nodes: readonly AnyNode[]): string | null {
  const containers = nodes.filter(({ type }) => type === "frame").map(({ id }) => id);
  return containers.sort((one, other) => other.length - one.length)[0] ?? null;
}

/** The container under the pointer, of those that do not move themselves. */
export function targetOf(under: readonly AnyNode[], dragged: readonly AnyNode[]): string | null {
  const moving = dragged.map(({ id }) => id);
  return containerAt(under.filter(({ id }) => !moving.some((one) => id === one || id.startsWith(`${one}.`))));
}
