import { groupBy } from "../collections";

interface Ends {
  node: string;
  target: string;
}

/** Edges that close a loop, as `from>to`: those that lead to a node from which one has come. */
export function backEdges(ids: readonly string[], edges: readonly Ends[]): Set<string> {
  const next = groupBy(edges, (edge) => edge.node);
  const entered = new Set(edges.map((edge) => edge.target));
  const back = new Set<string>();
  const done = new Set<string>();
  const open = new Set<string>();
  // From where the graph begins; then from anywhere, for what can only be reached through a loop.
  for (const id of ids) if (!entered.has(id)) visit(id);
  for (const id of ids) visit(id);
  return back;

  function visit(id: string): void {
    if (done.has(id)) return;
    open.add(id);
    for (const { target } of next.get(id) ?? []) {
      if (open.has(target)) back.add(`${id}>${target}`);
      else visit(target);
    }
    open.delete(id);
    done.add(id);
  }
}
