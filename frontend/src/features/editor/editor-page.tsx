import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { nodeKindsQuery, nodeSchemaQuery } from "@/api/queries/node-kinds";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { fetchEngine } from "@/lib/graph/layout";
import { Editor } from "./editor";
import { open, setFaults, useEditor } from "./editor-store";
import { useDraft } from "./use-draft";

/** The editor of a workflow's draft. */
export function EditorPage() {
  const { slug } = useParams({ from: "/shell/workflows/$slug/edit" });
  const draft = useDraft(slug);
  const kinds = useQuery(nodeKindsQuery);
  const nodeSchema = useQuery(nodeSchemaQuery);
  const opened = useEditor((editor) => editor.slug === slug);
  useDocumentTitle(`${draft.data?.name ?? slug} · Editor · Perdure`);
  useEffect(() => {
    // What is open stays as it is, its past to undo included, whatever else was stored meanwhile.
    if (!draft.data || useEditor.getState().slug === slug) return;
    open(slug, draft.data.document, draft.data.revision);
    setFaults(draft.data.faults);
  }, [slug, draft.data]);
  useEffect(() => {
    fetchEngine().catch(() => undefined);
    return () => useEditor.setState({ slug: "" });
  }, []);
  const error = draft.error ?? kinds.error ?? nodeSchema.error;
  if (opened && kinds.data && nodeSchema.data)
    return <Editor key={slug} kinds={kinds.data} nodeSchema={nodeSchema.data} />;
  return (
    <Page title="Editor">
      {error ? <ErrorPanel error={error} onRetry={() => void draft.refetch()} /> : <LoadingRows />}
    </Page>
  );
}
