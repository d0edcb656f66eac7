import { Document, isMap, isSeq, parseDocument, visit } from "yaml";
import { isRecord } from "@/lib/graph/document";

const DOCUMENT_ORDER = [
  "format",
  "name",
  "description",
  "input",
  "vars",
  "nodes",
  "edges",
  "output",
  "limits",
  "layout",
  "notes",
  "groups",
  "pins",
];
const NODE_ORDER = [
  "id",
  "kind",
  "name",
  "description",
  "with",
  "join",
  "retry",
  "timeout",
  "on_error",
  "max_iterations",
  "compensate_with",
];

/** The document as people write it: fields in their usual order, one line per edge. */
export function toYaml(document: unknown): string {
  const yaml = new Document(ordered(document));
  visit(yaml, { Pair: (_, { key, value }) => shorten(String(key), value) });
  return yaml.toString({ lineWidth: 100 });
}

/** Edges and places take one line each. */
function shorten(key: string, value: unknown): void {
  const entries =
    key === "edges" && isSeq(value)
      ? value.items
      : key === "layout" && isMap(value)
        ? value.items.map((pair) => pair.value)
        : [];
  for (const entry of entries) if (isMap(entry)) entry.flow = true;
}

interface Parsed {
  document: Record<string, unknown> | null;
  /** Why the text is no document; null if it is one. */
  problem: { message: string; from: number; to: number } | null;
}

/** The document in a text. */
export function fromYaml(text: string): Parsed {
  const yaml = parseDocument(text, { prettyErrors: true });
  const [error] = yaml.errors;
  if (error)
    return { document: null, problem: { message: error.message, from: error.pos[0], to: error.pos[1] } };
  const value: unknown = yaml.toJS({ maxAliasCount: 100 });
  if (!isRecord(value))
    return {
      document: null,
      problem: { message: "A document is a list of fields.", from: 0, to: text.length },
    };
  return { document: value, problem: null };
}

function ordered(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return sorted({ ...value, ...graphOrdered(value) }, DOCUMENT_ORDER);
}

function graphOrdered(graph: Record<string, unknown>): Record<string, unknown> {
  return Array.isArray(graph.nodes) ? { nodes: graph.nodes.map(orderedNode) } : {};
}

function orderedNode(node: unknown): unknown {
  if (!isRecord(node)) return node;
  const config = isRecord(node.with) ? node.with : null;
  const body =
    config && isRecord(config.body) ? { body: { ...config.body, ...graphOrdered(config.body) } } : {};
  return sorted({ ...node, ...(config ? { with: { ...config, ...body } } : {}) }, NODE_ORDER);
}

function sorted(value: Record<string, unknown>, order: readonly string[]): Record<string, unknown> {
  const known = order.filter((key) => key in value);
  const rest = Object.keys(value).filter((key) => !order.includes(key));
  return Object.fromEntries([...known, ...rest].map((key) => [key, value[key]]));
}
