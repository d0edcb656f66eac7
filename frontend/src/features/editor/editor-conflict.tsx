import { ReactFlowProvider } from "@xyflow/react";
import { useMemo, useState } from "react";
import type { DocumentDiff } from "@/api/generated/perdure.schemas";
import { ConflictDialog } from "@/components/autosave/conflict-dialog";
import { DiffSummary } from "./diff-summary";
import type { EditedDocument, Kinds } from "./document-edits";
import type { DraftConflict } from "./draft-conflict";
import classes from "./editor-conflict.module.css";
import { open, settle, useEditor } from "./editor-store";
import { combinedDrafts } from "./history/combined-drafts";
import { DiffCanvas } from "./history/diff-canvas";
import { draftDiff } from "./history/draft-diff";

interface Props {
  kinds: Kinds;
  /** It is decided what the draft is; it can be stored. */
  onSettled: () => void;
}

/** Asks what becomes of a draft that somebody else has saved meanwhile. */
export function EditorConflict({ kinds, onSettled }: Props) {
  const conflict = useEditor((editor) => editor.conflict);
  return conflict && <Conflict conflict={conflict} kinds={kinds} onSettled={onSettled} />;
}

function Conflict({ conflict, kinds, onSettled }: Props & { conflict: DraftConflict }) {
  const { stored } = conflict;
  const slug = useEditor((editor) => editor.slug);
  const mine = useEditor((editor) => editor.document);
  const base = useEditor((editor) => editor.base);
  const found = useMemo(
    () => ({
      theirs: conflict.changes ?? draftDiff(base, stored.document, kinds),
      own: draftDiff(base, mine, kinds),
      combined: combinedDrafts(base, mine, stored.document, kinds),
    }),
    [conflict, stored, base, mine, kinds],
  );
  const { document, clashes } = found.combined;
  const goOn = (next: EditedDocument) => {
    settle(stored, next);
    onSettled();
  };
  return (
    <ConflictDialog
      stored={stored}
      theirs={<Side after={stored.document} diff={found.theirs} kinds={kinds} />}
      mine={<Side after={mine} diff={found.own} kinds={kinds} />}
      clashes={clashes}
      onTheirs={() => open(slug, stored.document, stored.revision)}
      onMine={() => goOn(mine)}
      onBoth={() => goOn(document)}
    />
  );
}

interface SideProps {
  after: EditedDocument;
  diff: DocumentDiff;
  kinds: Kinds;
}

/** What one of the two did: drawn, and in a list. */
function Side({ after, diff, kinds }: SideProps) {
  const [selected, select] = useState<string | null>(null);
  return (
    <>
      <div className={classes.drawing}>
        <ReactFlowProvider>
          <DiffCanvas after={after} diff={diff} kinds={kinds} selected={selected} onSelect={select} />
        </ReactFlowProvider>
      </div>
      <div className={classes.list}>
        <DiffSummary diff={diff} />
      </div>
    </>
  );
}
