import { KeptChanges, useKeptChanges } from "@/components/autosave/kept-changes";
import { LeaveGuard } from "@/components/autosave/leave-guard";
import { isAlike } from "@/lib/is-alike";
import { AgentConflict } from "./agent-conflict";
import { editedIn, type useAgentDraft } from "./use-agent-draft";

interface Props {
  under: ReturnType<typeof useAgentDraft>;
}

/** What is asked about the draft of an agent: before it is lost, when two have changed it, and after a lost session. */
export function AgentSaves({ under }: Props) {
  const { draft, edited, conflict, editing, flush, reset, settle, unsaved, takeUp } = under;
  const { kept, keep, forget } = useKeptChanges(`agent:${draft.slug}`, unsaved);
  return (
    <>
      <LeaveGuard editing={editing} save={flush} onLost={keep} />
      {conflict && (
        <AgentConflict
          base={editedIn(draft)}
          mine={edited}
          stored={conflict}
          onTheirs={() => reset(conflict)}
          onSettled={(next) => {
            settle(next);
            void flush();
          }}
        />
      )}
      {kept && !isAlike(kept.state.edited, edited) && (
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
