import { Text } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { IconHistory } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { ReactFlowProvider } from "@xyflow/react";
import { useState } from "react";
import { diffWorkflowVersions } from "@/api/generated/workflows";
import { nodeKindsQuery } from "@/api/queries/node-kinds";
import { storedDraftQuery, versionQuery, workflowKeys, workflowQuery } from "@/api/queries/workflows";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import type { EditedDocument, Kinds } from "../document-edits";
import { ChangeList } from "./change-list";
import { DiffCanvas } from "./diff-canvas";
import classes from "./history-page.module.css";
import { RestoreButton } from "./restore-button";
import { type Comparison, DRAFT, VersionRail } from "./version-rail";

/** All versions of a workflow, what each of them changed, and a way back. */
export function HistoryPage() {
  const { slug } = useParams({ from: "/shell/workflows/$slug/history" });
  const workflow = useQuery(workflowQuery(slug));
  const kinds = useQuery(nodeKindsQuery);
  const [chosen, setChosen] = useState<Comparison | null>(null);
  useDocumentTitle(`${workflow.data?.name ?? slug} · History · Perdure`);
  const error = workflow.error ?? kinds.error;
  if (error) return <ErrorPanel error={error} onRetry={() => void workflow.refetch()} />;
  if (!workflow.data || !kinds.data) return <LoadingRows />;
  const newest = workflow.data.version;
  const shown = chosen ?? (newest === null ? null : { before: String(newest), after: DRAFT });
  return (
    <div className={classes.page}>
      <header className={classes.bar}>
        <h1 className={classes.title}>
          <LinkAnchor to="/workflows/$slug" params={{ slug }} c="inherit" inherit>
            {workflow.data.name}
          </LinkAnchor>
          <span className={classes.what}>History</span>
        </h1>
        <RestoreButton slug={slug} version={shown?.after === DRAFT ? null : Number(shown?.after)} />
      </header>
      {shown === null ? (
        <EmptyState icon={IconHistory} title="No versions yet">
          A version is made each time the draft is published. Then you can see here what changed, and go back.
        </EmptyState>
      ) : (
        <div className={classes.body}>
          <VersionRail slug={slug} shown={shown} onShow={setChosen} />
          <Changes key={`${shown.before} ${shown.after}`} slug={slug} shown={shown} kinds={kinds.data} />
        </div>
      )}
    </div>
  );
}

interface Props {
  slug: string;
  shown: Comparison;
  kinds: Kinds;
}

function Changes({ slug, shown, kinds }: Props) {
  const { before, after } = shown;
  const [selected, setSelected] = useState<string | null>(null);
  const found = useQuery({
    queryKey: [...workflowKeys.one(slug), "diff", before, after] as const,
    queryFn: ({ signal }) => diffWorkflowVersions(slug, { before, after }, { signal }),
    staleTime: after === DRAFT ? 0 : Number.POSITIVE_INFINITY,
  });
  const document = useDocument(slug, after);
  if (found.error) return <ErrorPanel error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data || !document) return <LoadingRows />;
  const { diff } = found.data;
  return (
    <>
      <div className={classes.stage}>
        <ReactFlowProvider>
          <DiffCanvas after={document} diff={diff} kinds={kinds} selected={selected} onSelect={setSelected} />
        </ReactFlowProvider>
      </div>
      <aside className={classes.side} aria-label="What changed">
        {before === after ? (
          <Text size="sm" c="dimmed">
            The first version; there is nothing before it.
          </Text>
        ) : (
          <ChangeList diff={diff} selected={selected} onSelect={setSelected} />
        )}
      </aside>
    </>
  );
}

function useDocument(slug: string, which: string): EditedDocument | undefined {
  const isDraft = which === DRAFT;
  const draft = useQuery({ ...storedDraftQuery(slug), enabled: isDraft });
  const version = useQuery({ ...versionQuery(slug, Number(which)), enabled: !isDraft });
  return isDraft ? draft.data?.document : version.data?.document;
}
