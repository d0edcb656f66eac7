import type { Node } from "@xyflow/react";
import { isRecord, type Point } from "@/lib/graph/document";
import type { Flow } from "@/lib/graph/flow";
import type { Layout } from "@/lib/graph/layout";
import type { EditedDocument } from "./document-edits";

/** A sticky note, as the document holds it. */
export interface Note {
  text: string;
  x: number;
  y: number;
  width?: number | null;
  height?: number | null;
  color?: string | null;
}

/** A named frame around steps of the root graph. */
export interface NodeGroup {
  title: string;
  nodes: string[];
  color?: string | null;
}

export type NoteNode = Node<{ index: number; note: Note }, "note">;
export type GroupNode = Node<{ index: number; group: NodeGroup }, "region">;

export const NOTE = { width: 220, height: 120 } as const;
const AROUND = { side: 22, top: 46, bottom: 22 } as const;
const NOTE_ID = "note:";
const GROUP_ID = "group:";

/** The place of a note in the document, if the id is that of one. */
export function noteIndex(id: string): number | null {
  return id.startsWith(NOTE_ID) ? Number(id.slice(NOTE_ID.length)) : null;
}

/** The place of a group in the document, if the id is that of one. */
export function groupIndex(id: string): number | null {
  return id.startsWith(GROUP_ID) ? Number(id.slice(GROUP_ID.length)) : null;
}

export function isStep(id: string): boolean {
  return !id.includes(":");
}

export function notesOf(document: EditedDocument): Note[] {
  const notes = Array.isArray(document.notes) ? document.notes : [];
  return notes.map((note) => ({
    ...(isRecord(note) ? note : {}),
    text: isRecord(note) && typeof note.text === "string" ? note.text : "",
    x: isRecord(note) && typeof note.x === "number" ? note.x : 0,
    y: isRecord(note) && typeof note.y === "number" ? note.y : 0,
  }));
}

export function groupsOf(document: EditedDocument): NodeGroup[] {
  const groups = Array.isArray(document.groups) ? document.groups : [];
  return groups.map((group) => ({
    ...(isRecord(group) ? group : {}),
    title: isRecord(group) && typeof group.title === "string" ? group.title : "",
    nodes: isRecord(group) && Array.isArray(group.nodes) ? group.nodes.map(String) : [],
  }));
}

/** The document with another note; null takes it away, a place behind the last adds one. */
export function withNote(document: EditedDocument, index: number, note: Note | null): EditedDocument {
  return withList(document, "notes", replaced(notesOf(document), index, note));
}

/** The same for a group. */
export function withGroup(document: EditedDocument, index: number, group: NodeGroup | null): EditedDocument {
  return withList(document, "groups", replaced(groupsOf(document), index, group));
}

/** The document without some notes and groups; the steps in the groups stay. */
export function withoutExtras(document: EditedDocument, ids: readonly string[]): EditedDocument {
  const notes = new Set(ids.map(noteIndex));
  const groups = new Set(ids.map(groupIndex));
  const kept = withList(
    document,
    "notes",
    notesOf(document).filter((_, index) => !notes.has(index)),
  );
  return withList(
    kept,
    "groups",
    groupsOf(kept).filter((_, index) => !groups.has(index)),
  );
}

/** The notes as the canvas wants them. */
export function noteNodes(document: EditedDocument): NoteNode[] {
  return notesOf(document).map(
    (note, index): NoteNode => ({
      id: NOTE_ID + index,
      type: "note",
      position: { x: note.x, y: note.y },
      width: note.width ?? NOTE.width,
      height: note.height ?? NOTE.height,
      data: { index, note },
      zIndex: 3,
    }),
  );
}

/** The groups as the canvas wants them: each around its steps; one without any is not drawn. */
export function groupNodes(document: EditedDocument, flow: Flow, layout: Layout): GroupNode[] {
  const known = new Set(flow.nodes.map(({ path }) => path));
  return groupsOf(document).flatMap((group, index): GroupNode[] => {
    const places = group.nodes.filter((id) => known.has(id)).map((id) => layout.nodes[id]);
    const placed = places.filter((place) => place !== undefined);
    if (placed.length === 0) return [];
    const left = Math.min(...placed.map(({ x }) => x)) - AROUND.side;
    const top = Math.min(...placed.map(({ y }) => y)) - AROUND.top;
    const right = Math.max(...placed.map(({ x, width }) => x + width)) + AROUND.side;
    const bottom = Math.max(...placed.map(({ y, height }) => y + height)) + AROUND.bottom;
    const size = { width: right - left, height: bottom - top };
    const position: Point = { x: left, y: top };
    return [{ id: GROUP_ID + index, type: "region", position, ...size, data: { index, group }, zIndex: -1 }];
  });
}

function replaced<Item>(items: Item[], index: number, item: Item | null): Item[] {
  if (item === null) return items.filter((_, place) => place !== index);
  return index >= items.length ? [...items, item] : items.map((one, place) => (place === index ? item : one));
}

function withList(document: EditedDocument, field: "notes" | "groups", list: unknown[]): EditedDocument {
  if (list.length === 0 && document[field] === undefined) return document;
  const { [field]: _, ...rest } = document;
  return list.length === 0 ? rest : { ...rest, [field]: list };
}
