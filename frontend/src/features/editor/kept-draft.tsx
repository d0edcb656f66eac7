import { KeptChanges, useKeptChanges } from "@/components/autosave/kept-changes";
import { LeaveGuard } from "@/components/autosave/leave-guard";
import { isAlike } from "@/lib/is-alike";
import { takeUp, unsaved, useEditor } from "./editor-store";

interface Props {
  save: () => Promise<boolean>;
}

/** Loses nothing when the editor is left: what could not be stored before the session ended is offered afterwards. */
export function KeptDraft({ save }: Props) {
  const slug = useEditor((editor) => editor.slug);
  const document = useEditor((editor) => editor.document);
  const { kept, keep, forget } = useKeptChanges(`workflow:${slug}`, unsaved);
  return (
    <>
      <LeaveGuard editing={useEditor} save={save} onLost={keep} />
      {kept && !isAlike(kept.state.document, document) && (
        <KeptChanges
          at={kept.at}
          onTakeUp={() => {
            forget();
            takeUp(kept.state);
          }}
          onForget={forget}
        />
      )}
    </>
  );
}
