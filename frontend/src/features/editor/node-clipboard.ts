import { type DocumentNode, graphIn, isRecord, layoutIn, type Point, sourceOf } from "@/lib/graph/document";
import { flowOf } from "@/lib/graph/flow";
import {
  addNode,
  connect,
  type EditedDocument,
  freshId,
  idsIn,
  joinPath,
  type Kinds,
  nodeAt,
  placeNodes,
  splitPath,
} from "./document-edits";
import { edit, select, useEditor } from "./editor-store";
import { beside, handPlaced } from "./hand-placed";
import { readingUnder } from "./node-names";

interface Clip {
  perdure: "nodes";
  nodes: DocumentNode[];
  edges: { from: string; port: string; to: string }[];
  /** Where the nodes and what is in them stand, if somebody has put them there. */
  places: Record<string, Point>;
}

/** Nodes with the edges among them as text, which can be pasted into any workflow. */
export function clipOf(document: EditedDocument, paths: readonly string[], kinds: Kinds): string | null {
  const nodes = paths.map((path) => nodeAt(document, path, kinds)).filter((node) => node !== undefined);
  const parent = paths[0] === undefined ? null : splitPath(paths[0]).parent;
  const together = nodes.length > 0 && paths.every((path) => splitPath(path).parent === parent);
  if (!together) return null;
  const ids = new Set(nodes.map(({ id }) => id));
  const edges = siblingEdges(document, parent, kinds).filter(({ from, to }) => ids.has(from) && ids.has(to));
  const places = placesOf(document, parent, ids, kinds);
  return JSON.stringify({ perdure: "nodes", nodes, edges, places } satisfies Clip, null, 2);
}

/** Put nodes from a text into the document; nothing happens if it holds none. */
export function paste(text: string, parent: string | null, kinds: Kinds): void {
  const clip = parsed(text);
  if (clip) insert(clip, parent, kinds);
}

/** The same nodes once more, beside the first ones. */
export function duplicate(paths: readonly string[], kinds: Kinds): void {
  const text = clipOf(useEditor.getState().document, paths, kinds);
  if (text !== null && paths[0] !== undefined) paste(text, splitPath(paths[0]).parent, kinds);
}

function insert(clip: Clip, parent: string | null, kinds: Kinds): void {
  const names = new Map<string, string>();
  edit((document) => {
    const taken = new Set(idsIn(document, parent, kinds));
    for (const { id } of clip.nodes) {
      const free = freshId(document, parent, id, kinds, taken);
      taken.add(free);
      names.set(id, free);
    }
    const added = clip.nodes.reduce((result, node) => {
      const copy = { ...readingUnder(node, names, kinds), id: names.get(node.id) ?? node.id };
      return addNode(result, parent, copy, kinds);
    }, document);
    return placed(joined(added, clip, names, parent, kinds), clip, names, parent, kinds);
  });
  select([...names.values()].map((id) => joinPath(parent, id)));
}

type Names = ReadonlyMap<string, string>;

function joined(
  document: EditedDocument,
  clip: Clip,
  names: Names,
  parent: string | null,
  kinds: Kinds,
): EditedDocument {
  return clip.edges.reduce((result, { from, port, to }) => {
    const [source, target] = [names.get(from), names.get(to)];
    if (!source || !target) return result;
    return connect(result, joinPath(parent, source), port, joinPath(parent, target), kinds);
  }, document);
}

/** Copies stand to each other as what they were made from, beside what is there; where the layout places all, it places them. */
function placed(
  document: EditedDocument,
  { places }: Clip,
  names: Names,
  parent: string | null,
  kinds: Kinds,
): EditedDocument {
  const own = layoutIn({ layout: document.layout });
  if (Object.keys(own).length === 0) return document;
  const copies = Object.fromEntries(
    Object.entries(places).flatMap(([path, place]) => {
      const [id = "", ...rest] = path.split(".");
      const name = names.get(id);
      return name === undefined ? [] : [[[joinPath(parent, name), ...rest].join("."), place] as const];
    }),
  );
  const drawn = Object.entries(handPlaced(flowOf(document, kinds), { ...own, ...copies }));
  const siblings = drawn.filter(([path]) => splitPath(path).parent === parent);
  const isCopy = ([path]: readonly [string, unknown]) => path in copies;
  const block = siblings.filter(isCopy).map(([, place]) => place);
  const by = beside(
    siblings.filter((sibling) => !isCopy(sibling)).map(([, place]) => place),
    block,
  );
  const moved = Object.entries(copies).map(([path, { x, y }]) => {
    return [path, splitPath(path).parent === parent ? { x: x + by, y } : { x, y }];
  });
  return placeNodes(document, Object.fromEntries(moved));
}

/** Where some nodes of a graph and what is in them stand, by their paths from that graph on. */
function placesOf(
  document: EditedDocument,
  parent: string | null,
  ids: ReadonlySet<string>,
  kinds: Kinds,
): Record<string, Point> {
  const own = layoutIn({ layout: document.layout });
  if (Object.keys(own).length === 0) return {};
  const from = parent === null ? "" : `${parent}.`;
  const drawn = Object.entries(handPlaced(flowOf(document, kinds), own));
  const within = drawn.flatMap(([path, { x, y }]) => {
    const inner = path.startsWith(from) ? path.slice(from.length) : "";
    return ids.has(inner.split(".")[0] ?? "") ? [[inner, { x, y }] as const] : [];
  });
  return Object.fromEntries(within);
}

function siblingEdges(document: EditedDocument, parent: string | null, kinds: Kinds): Clip["edges"] {
  const container = parent === null ? undefined : nodeAt(document, parent, kinds);
  const setting = container && kinds.get(container.kind)?.graphs[0];
  const graph = parent === null ? document : setting && container?.with?.[setting];
  return graphIn(graph).edges.map((edge) => {
    const { node, port } = sourceOf(edge);
    return { from: node, port, to: edge.to };
  });
}

function parsed(text: string): Clip | null {
  try {
    const value: unknown = JSON.parse(text);
    if (!isRecord(value) || value.perdure !== "nodes" || !Array.isArray(value.nodes)) return null;
    const { nodes } = graphIn(value);
    return {
      perdure: "nodes",
      nodes,
      edges: Array.isArray(value.edges) ? (value.edges as Clip["edges"]) : [],
      places: layoutIn({ layout: value.places }),
    };
  } catch {
    return null;
  }
}
