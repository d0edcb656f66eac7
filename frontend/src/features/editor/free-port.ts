import { graphIn, sourceOf } from "@/lib/graph/document";
import { portsOf } from "@/lib/graph/flow";
import { type EditedDocument, type Kinds, nodeAt, splitPath } from "./document-edits";

/** The first port of a node from which nothing goes on yet; the first of all if each has an edge; none if it has no port. */
export function freePort(
  document: EditedDocument,
  path: string,
  kinds: Kinds,
): { id: string; port: string } | undefined {
  const { parent, id } = splitPath(path);
  const node = nodeAt(document, path, kinds);
  if (!node) return undefined;
  const container = parent === null ? undefined : nodeAt(document, parent, kinds);
  const setting = container && kinds.get(container.kind)?.graphs[0];
  const { edges } = graphIn(parent === null ? document : setting && container?.with?.[setting]);
  const used = new Set(
    edges
      .map(sourceOf)
      .filter((end) => end.node === id)
      .map((end) => end.port),
  );
  const ports = portsOf(node, kinds.get(node.kind));
  const port = ports.find((name) => !used.has(name)) ?? ports[0];
  return port === undefined ? undefined : { id, port };
}
