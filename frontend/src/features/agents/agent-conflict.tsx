import { Text } from "@mantine/core";
import type { AgentDraft } from "@/api/generated/perdure.schemas";
import { ConflictDialog } from "@/components/autosave/conflict-dialog";
import { LineDiff } from "@/components/line-diff";
import { type AgentChange, agentChanges, combinedAgents } from "./agent-changes";
import classes from "./agent-page.module.css";
import { type Edited, editedIn } from "./use-agent-draft";

interface Props {
  /** From what both have begun. */
  base: Edited;
  mine: Edited;
  stored: AgentDraft;
  onTheirs: () => void;
  /** It is decided what the draft is; it can be stored. */
  onSettled: (edited: Edited) => void;
}

/** Asks what becomes of an agent that somebody else has saved meanwhile. */
export function AgentConflict({ base, mine, stored, onTheirs, onSettled }: Props) {
  const theirs = editedIn(stored);
  const { edited, clashes } = combinedAgents(base, mine, theirs);
  return (
    <ConflictDialog
      stored={stored}
      theirs={<Changes of={stored.saved_by} changes={agentChanges(base, theirs)} />}
      mine={<Changes of="you" changes={agentChanges(base, mine)} />}
      clashes={clashes.map(wordsOf)}
      onTheirs={onTheirs}
      onMine={() => onSettled(mine)}
      onBoth={() => onSettled(edited)}
    />
  );
}

function Changes({ of, changes }: { of: string; changes: readonly AgentChange[] }) {
  if (changes.length === 0)
    return (
      <Text size="sm" c="dimmed">
        Nothing differs.
      </Text>
    );
  return (
    <ul className={classes.changes}>
      {changes.map(({ field, before, after }) => (
        <li key={field}>
          <b>{wordsOf(field)}</b>
          <LineDiff label={`${wordsOf(field)}, changed by ${of}`} before={before ?? ""} after={after ?? ""} />
        </li>
      ))}
    </ul>
  );
}

function wordsOf(field: string): string {
  const words = field.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
