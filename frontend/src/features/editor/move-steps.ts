import { groupBy } from "@/lib/collections";
import { isRecord } from "@/lib/graph/document";
import {
  addNode,
  bodyOf,
  connect,
  type EditedDocument,
  edgesIn,
  freshId,
  idsIn,
  joinPath,
  type Kinds,
  nodeAt,
  nodesOf,
  placeNodes,
  type RawGraph,
  removeNodes,
  renameNode,
  splitPath,
} from "./document-edits";

export interface Moved {
  document: EditedDocument;
  /** Where the steps stand now, by where they stood. */
  paths: ReadonlyMap<string, string>;
  /** How many connections to steps that stay behind are gone. */
  cut: number;
}

/** The document with steps in the graph of another container; null is the document itself. Lines among them stay. */
export function moveSteps(
  document: EditedDocument,
  steps: readonly string[],
  target: string | null,
  kinds: Kinds,
): Moved {
  const moving = steps.filter(
    (path) =>
      splitPath(path).parent !== target &&
      !isWithin(target, path) &&
      !steps.some((other) => other !== path && isWithin(path, other)),
  );
  const groups = groupBy(moving, (path) => splitPath(path).parent ?? "");
  return [...groups.values()].reduce<Moved>((moved, paths) => withMoved(moved, paths, target, kinds), {
    document,
    paths: new Map(),
    cut: 0,
  });
}

/** Steps of one graph that go to another one. */
function withMoved(before: Moved, paths: readonly string[], target: string | null, kinds: Kinds): Moved {
  const parent = splitPath(paths[0] ?? "").parent;
  const { document, ids } = withFreeIds(before.document, paths, target, kinds);
  const names = new Set(ids);
  const lines = edgesIn(document, parent, kinds);
  const inner = lines.filter(({ source, target: to }) => names.has(source) && names.has(to));
  const touched = lines.filter(({ source, target: to }) => names.has(source) || names.has(to));
  const nodes = ids.flatMap((id) => nodeAt(document, joinPath(parent, id), kinds) ?? []);
  const places = placesOf(document, parent, ids, target);
  const without = removeNodes(
    document,
    ids.map((id) => joinPath(parent, id)),
    kinds,
  );
  const added = nodes.reduce((result, node) => addNode(result, target, node, kinds), without);
  const joined = inner.reduce(
    (result, { source, port, target: to }) =>
      connect(result, joinPath(target, source), port, joinPath(target, to), kinds),
    added,
  );
  const now = paths.map((path, index) => [path, joinPath(target, ids[index] ?? "")] as const);
  return {
    document: placeNodes(joined, places),
    paths: new Map([...before.paths, ...now]),
    cut: before.cut + touched.length - inner.length,
  };
}

/** Steps that would meet one of the same id are renamed first, with all that reads them. */
function withFreeIds(
  document: EditedDocument,
  paths: readonly string[],
  target: string | null,
  kinds: Kinds,
): { document: EditedDocument; ids: string[] } {
  const ids: string[] = [];
  const next = paths.reduce((result, path) => {
    const { parent, id } = splitPath(path);
    const taken = new Set([...idsIn(result, parent, kinds), ...ids]);
    let free = freshId(result, target, id, kinds);
    for (let number = 2; free !== id && taken.has(free); number++)
      free = freshId(result, target, `${id}_${number}`, kinds);
    ids.push(free);
    return free === id ? result : renameNode(result, path, free, kinds);
  }, document);
  return { document: next, ids };
}

/** Places of what is in the steps go with them. */
function placesOf(
  document: EditedDocument,
  parent: string | null,
  ids: readonly string[],
  target: string | null,
) {
  const layout = isRecord(document.layout) ? document.layout : {};
  const entries = ids.flatMap((id) => {
    const from = joinPath(parent, id);
    return Object.entries(layout)
      .filter(([path]) => isWithin(path, from))
      .map(([path, place]) => [joinPath(target, id) + path.slice(from.length), place]);
  });
  return Object.fromEntries(entries);
}

/** All containers, the outer ones first, with what people call them. */
export function containersIn(
  graph: RawGraph,
  kinds: Kinds,
  parent: string | null = null,
): { path: string; name: string }[] {
  return nodesOf(graph).flatMap((node) => {
    if (!kinds.get(node.kind)?.graphs.length) return [];
    const path = joinPath(parent, node.id);
    return [{ path, name: node.name || node.id }, ...containersIn(bodyOf(node, kinds) ?? {}, kinds, path)];
  });
}

/** Whether a path is that of a container, or of something in it. */
export function isWithin(path: string | null, container: string): boolean {
  return path === container || (path?.startsWith(`${container}.`) ?? false);
}
