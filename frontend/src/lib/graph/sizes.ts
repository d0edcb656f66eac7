import type { FlowNode } from "./flow";

export const CARD = { width: 236, height: 54, portRow: 24 } as const;
export const GROUP = { width: 320, height: 140, header: 46, padding: 24 } as const;

const PORT = { letter: 6.1, padding: 18, least: 52 } as const;

/** Size of a node's card; one with several ports is as wide as their names. */
export function sizeOf(node: Pick<FlowNode, "ports" | "container">): { width: number; height: number } {
  if (node.container) return { width: GROUP.width, height: GROUP.height };
  const slots = portSlots(node.ports);
  const width = Math.max(
    CARD.width,
    slots.reduce((sum, slot) => sum + slot.width, 0),
  );
  return { width, height: CARD.height + (slots.length > 0 ? CARD.portRow : 0) };
}

/** Where the name of each port is written; nowhere if there is only the usual one. */
export function portSlots(ports: readonly string[]): { port: string; width: number }[] {
  if (ports.length === 0 || (ports.length === 1 && ports[0] === "out")) return [];
  const slots = ports.map((port) => ({
    port,
    width: Math.max(PORT.least, port.length * PORT.letter + PORT.padding),
  }));
  const spare = CARD.width - slots.reduce((sum, slot) => sum + slot.width, 0);
  return spare <= 0 ? slots : slots.map(({ port, width }) => ({ port, width: width + spare / slots.length }));
}

/** How far from the left edge of the card a port's edges begin. */
export function portOffset(ports: readonly string[], port: string, width: number): number {
  let left = 0;
  for (const slot of portSlots(ports)) {
    if (slot.port === port) return left + slot.width / 2;
    left += slot.width;
  }
  return width / 2;
}
