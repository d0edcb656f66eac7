import { isRecord } from "@/lib/graph/document";
import { type EditedDocument, splitPath } from "./document-edits";

/** What a step gives in tests instead of being executed. */
export interface PinnedOutput {
  output?: unknown;
  port?: string | null;
}

/** Pinned outputs by the id of their step in the root graph. */
export function pinsOf(document: EditedDocument): Record<string, PinnedOutput> {
  const pins = isRecord(document.pins) ? document.pins : {};
  return Object.fromEntries(
    Object.entries(pins).filter((entry): entry is [string, PinnedOutput] => isRecord(entry[1])),
  );
}

/** The document with the output of a step pinned, or with its pin gone. */
export function withPin(document: EditedDocument, id: string, pin: PinnedOutput | null): EditedDocument {
  const { [id]: _, ...others } = pinsOf(document);
  const pins = pin === null ? others : { ...others, [id]: pin };
  return withPins(document, pins);
}

/** Only steps of the root graph can be pinned; those of a body run many times. */
export function isPinnable(path: string): boolean {
  return splitPath(path).parent === null;
}

/** The pins that a test can use: those whose step is still there. */
export function usablePins(document: EditedDocument): Record<string, PinnedOutput> {
  const nodes = Array.isArray(document.nodes) ? document.nodes : [];
  const known = new Set(nodes.map((node) => (isRecord(node) ? node.id : undefined)));
  return Object.fromEntries(Object.entries(pinsOf(document)).filter(([id]) => known.has(id)));
}

function withPins(document: EditedDocument, pins: Record<string, PinnedOutput>): EditedDocument {
  const { pins: _, ...rest } = document;
  return Object.keys(pins).length === 0 ? rest : { ...rest, pins };
}
