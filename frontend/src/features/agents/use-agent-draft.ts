import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { createStore, type StoreApi, useStore } from "zustand";
import { getAgentDraft, saveAgentDraft } from "@/api/generated/agents";
import type { AgentDraft } from "@/api/generated/perdure.schemas";
import { ApiError, sentenceOf } from "@/api/problem";
import { agentKeys } from "@/api/queries/agents";
import { outlives, type SaveState, saveAll, useSaves } from "@/components/autosave/use-saves";

export type Config = Record<string, unknown>;

export interface Edited {
  name: string;
  description: string;
  config: Config;
}

interface EditedDraft {
  /** As it was stored last. */
  draft: AgentDraft;
  edited: Edited;
  save: SaveState;
  /** Why the last save failed. */
  failure: string;
  /** What somebody else has stored in the meantime. */
  conflict: AgentDraft | null;
}

/** Changes and the draft from which they were made. */
export type Unsaved = Pick<EditedDraft, "draft" | "edited">;

type Editing = StoreApi<EditedDraft>;

/** The draft of an agent under edit; stored whenever nothing was changed for a moment. */
export function useAgentDraft(stored: AgentDraft) {
  const client = useQueryClient();
  const [editing] = useState(() => createStore(() => begunWith(stored)));
  const state = useStore(editing);
  const storeAndTell = useCallback(async (): Promise<boolean> => {
    const done = await storeEdited(editing);
    void client.invalidateQueries({ queryKey: [...agentKeys.all, "list"] });
    return done;
  }, [client, editing]);
  const { save, edited } = state;
  const flush = useSaves({ editing, save, edited, store: storeAndTell });
  /** All that was changed; null if that could not be stored. */
  const store = async () => ((await saveAll(editing, flush)) ? editing.getState().draft : null);
  const changes = useMemo(() => changesOf(editing), [editing]);
  return { ...state, ...changes, editing, flush, store };
}

function changesOf(editing: Editing) {
  return {
    change: (changes: Partial<Edited>) =>
      editing.setState(({ edited, save }) => ({
        edited: { ...edited, ...changes },
        save: save === "conflict" ? save : "unsaved",
      })),
    /** What it takes to go on later with changes that are not stored. */
    unsaved: (): Unsaved => {
      const { draft, edited } = editing.getState();
      return { draft, edited };
    },
    /** Go on with changes of an earlier session, on top of the draft from which they were made. */
    takeUp: ({ draft, edited }: Unsaved) =>
      editing.setState({ ...begunWith(draft), edited, save: "unsaved" }),
    reset: (next: AgentDraft) => editing.setState(begunWith(next)),
    /** Go on from what somebody else has stored. */
    settle: (edited: Edited) =>
      editing.setState(({ draft, conflict }) => ({
        ...begunWith(conflict ?? draft),
        edited,
        save: "unsaved",
      })),
    /** Show what is stored, unless something else was written meanwhile. */
    refresh: (next: AgentDraft) => {
      const { draft, save } = editing.getState();
      if (save === "saved" && next.revision >= draft.revision) editing.setState(begunWith(next));
    },
  };
}

/** One save. Whether everything is stored after it. */
async function storeEdited(editing: Editing): Promise<boolean> {
  const { draft: before, edited } = editing.getState();
  editing.setState({ save: "saving" });
  try {
    const body = bodyOf(before, edited);
    const draft = await saveAgentDraft(before.slug, body, { keepalive: outlives(body) });
    const unchanged = editing.getState().edited === edited;
    editing.setState({ draft, save: unchanged ? "saved" : "unsaved", failure: "" });
    return unchanged;
  } catch (error) {
    const stale = error instanceof ApiError && error.code === "stale_revision";
    const conflict = stale ? await getAgentDraft(before.slug).catch(() => null) : null;
    editing.setState({ save: conflict ? "conflict" : "failed", conflict, failure: sentenceOf(error) });
    return false;
  }
}

function bodyOf({ slug, limits, revision }: AgentDraft, { name, description, config }: Edited) {
  return { config, name: name.trim() || slug, description: description.trim() || null, limits, revision };
}

function begunWith(draft: AgentDraft): EditedDraft {
  return { draft, edited: editedIn(draft), save: "saved", failure: "", conflict: null };
}

/** What people edit of a draft. */
export function editedIn({ name, description, config }: AgentDraft): Edited {
  return { name, description: description ?? "", config };
}
