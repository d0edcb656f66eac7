import { queryOptions } from "@tanstack/react-query";
import { listNodeKinds } from "../generated/node-kinds";

/** What the server knows of nodes; it changes only with the server. */
const base = {
  queryKey: ["node-kinds"] as const,
  queryFn: ({ signal }: { signal: AbortSignal }) => listNodeKinds({ signal }),
  staleTime: Number.POSITIVE_INFINITY,
};

/** All kinds of nodes, by name. */
export const nodeKindsQuery = queryOptions({
  ...base,
  select: ({ items }) => new Map(items.map((kind) => [kind.kind, kind])),
});

/** JSON Schema of what nodes of every kind have. */
export const nodeSchemaQuery = queryOptions({
  ...base,
  select: ({ node_schema }) => node_schema as Record<string, unknown>,
});
