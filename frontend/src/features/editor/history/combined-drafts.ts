import type { DocumentDiff } from "@/api/generated/perdure.schemas";
import { type DocumentNode, isRecord } from "@/lib/graph/document";
import {
  addNode,
  connect,
  disconnect,
  type EditedDocument,
  joinPath,
  type Kinds,
  nodeAt,
  removeNodes,
  splitPath,
  updateNode,
} from "../document-edits";
import { CANVAS, draftDiff } from "./draft-diff";

interface Combined {
  document: EditedDocument;
  /** Steps and settings that both have changed; there is no combining these. */
  clashes: string[];
}

/** What both have made of the same draft, in one: mine on top of theirs. */
export function combinedDrafts(
  base: EditedDocument,
  mine: EditedDocument,
  theirs: EditedDocument,
  kinds: Kinds,
): Combined {
  const [own, other] = [draftDiff(base, mine, kinds), draftDiff(base, theirs, kinds)];
  const steps = withSteps(theirs, own, mine, kinds);
  const lines = withEdges(steps, own, kinds);
  const changed = own.settings.map(({ field }) => field);
  const settings = changed.reduce((document, name) => withField(document, name, mine[name]), lines);
  return { document: withCanvas(settings, base, mine, theirs), clashes: clashesOf(own, other) };
}

function clashesOf(own: DocumentDiff, other: DocumentDiff): string[] {
  const [mine, theirs] = [touchedBy(own), touchedBy(other)];
  const within = (one: string, another: string) => one === another || one.startsWith(`${another}.`);
  const gone = new Set([...own.nodes_removed, ...other.nodes_removed].map(({ node }) => node));
  const steps = mine.filter((path) =>
    theirs.some(
      (one) => path === one || (gone.has(one) && within(path, one)) || (gone.has(path) && within(one, path)),
    ),
  );
  const fields = new Set(other.settings.map(({ field }) => field));
  return [...steps, ...own.settings.map(({ field }) => field).filter((field) => fields.has(field))];
}

function touchedBy(diff: DocumentDiff): string[] {
  return [...diff.nodes_added, ...diff.nodes_removed, ...diff.nodes_changed].map(({ node }) => node);
}

function withSteps(
  theirs: EditedDocument,
  own: DocumentDiff,
  mine: EditedDocument,
  kinds: Kinds,
): EditedDocument {
  const gone = own.nodes_removed.map(({ node }) => node);
  const left = gone.length === 0 ? theirs : removeNodes(theirs, gone, kinds);
  const more = own.nodes_added.reduce((document, { node, content }) => {
    const { parent } = splitPath(node);
    return addNode(document, parent, content as DocumentNode, kinds);
  }, left);
  return own.nodes_changed.reduce((document, { node }) => {
    const next = nodeAt(mine, node, kinds);
    return next ? updateNode(document, node, kinds, (before) => withBodyOf(next, before, kinds)) : document;
  }, more);
}

/** My settings of a container around what is in theirs: its steps are combined one by one. */
function withBodyOf(next: DocumentNode, before: DocumentNode, kinds: Kinds): DocumentNode {
  const body = kinds.get(next.kind)?.graphs[0];
  if (body === undefined || next.kind !== before.kind) return next;
  return { ...next, with: { ...next.with, [body]: before.with?.[body] } };
}

function withEdges(document: EditedDocument, own: DocumentDiff, kinds: Kinds): EditedDocument {
  const ends = ({ graph, source, target }: DocumentDiff["edges_added"][number]) => {
    const [node = "", port = "out"] = source.split(".");
    const parent = graph === "" ? null : graph;
    return [joinPath(parent, node), port, joinPath(parent, target)] as const;
  };
  const fewer = own.edges_removed.reduce(
    (result, edge) => disconnect(result, ...ends(edge), kinds),
    document,
  );
  return own.edges_added.reduce((result, edge) => {
    const [source, port, target] = ends(edge);
    const stand = nodeAt(result, source, kinds) && nodeAt(result, target, kinds);
    return stand ? connect(result, source, port, target, kinds) : result;
  }, fewer);
}

/** Places are combined step by step; notes, groups and pins are those of whoever has changed them, mine first. */
function withCanvas(
  document: EditedDocument,
  base: EditedDocument,
  mine: EditedDocument,
  theirs: EditedDocument,
): EditedDocument {
  return CANVAS.reduce((result, name) => {
    const [known, own, other] = [base[name], mine[name], theirs[name]];
    if (JSON.stringify(known) === JSON.stringify(own)) return result;
    if (name === "layout" && isRecord(own) && isRecord(other))
      return withField(result, name, { ...own, ...other, ...movedIn(known, own) });
    return withField(result, name, own);
  }, document);
}

function movedIn(known: unknown, own: Record<string, unknown>): Record<string, unknown> {
  const before = isRecord(known) ? known : {};
  const moved = Object.entries(own).filter(
    ([path, place]) => JSON.stringify(before[path]) !== JSON.stringify(place),
  );
  return Object.fromEntries(moved);
}

function withField(document: EditedDocument, name: string, value: unknown): EditedDocument {
  const { [name]: _, ...rest } = document;
  return value === undefined ? rest : { ...rest, [name]: value };
}
