import { create } from "zustand";

/** How long the buttons of an edge stay when the pointer leaves it, so that it can reach them. */
const LINGERS = 250;

/** The edge under the pointer. */
export const useNearEdge = create<{ id: string | null }>(() => ({ id: null }));

let timer: ReturnType<typeof setTimeout> | undefined;

export function enterEdge(id: string): void {
  clearTimeout(timer);
  useNearEdge.setState({ id });
}

export function leaveEdge(): void {
  clearTimeout(timer);
  timer = setTimeout(() => useNearEdge.setState({ id: null }), LINGERS);
}
