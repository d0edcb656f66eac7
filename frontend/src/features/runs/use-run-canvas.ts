import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { nodeKindsQuery } from "@/api/queries/node-kinds";
import { versionQuery } from "@/api/queries/workflows";
import { canvasEdges, canvasNodes } from "@/components/graph/elements";
import { type Flow, flowOf } from "@/lib/graph/flow";
import { layOut } from "@/lib/graph/layout";

/** The drawing of a version, placed. */
export function useRunCanvas(slug: string, version: number) {
  const kinds = useQuery(nodeKindsQuery);
  const found = useQuery(versionQuery(slug, version));
  const flow = useMemo(
    () => (kinds.data && found.data ? flowOf(found.data.document, kinds.data) : null),
    [kinds.data, found.data],
  );
  const layout = useQuery({
    queryKey: ["layout", slug, version] as const,
    queryFn: () => layOut(flow as Flow),
    enabled: flow !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const canvas = useMemo(
    () =>
      flow &&
      layout.data && { flow, nodes: canvasNodes(flow, layout.data), edges: canvasEdges(flow, layout.data) },
    [flow, layout.data],
  );
  return {
    canvas: canvas || null,
    document: found.data?.document,
    error: kinds.error ?? found.error ?? layout.error,
  };
}
