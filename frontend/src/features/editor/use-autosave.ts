import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { Draft } from "@/api/generated/perdure.schemas";
import { saveDraft } from "@/api/generated/workflows";
import { sentenceOf } from "@/api/problem";
import { workflowKeys } from "@/api/queries/workflows";
import { outlives, useSaves } from "@/components/autosave/use-saves";
import { conflictIn } from "./draft-conflict";
import { useEditor } from "./editor-store";

/** Save the draft by itself, and when asked to. */
export function useAutosave(): () => Promise<boolean> {
  const client = useQueryClient();
  const document = useEditor((editor) => editor.document);
  const save = useEditor((editor) => editor.save);
  const storeAndTell = useCallback(async (): Promise<boolean> => {
    const { slug } = useEditor.getState();
    const done = await store();
    void client.invalidateQueries({ queryKey: [...workflowKeys.all, "list"] });
    void client.invalidateQueries({ queryKey: workflowKeys.one(slug), exact: true });
    return done;
  }, [client]);
  return useSaves({ editing: useEditor, save, edited: document, store: storeAndTell });
}

/** One save. Whether everything is stored after it. */
async function store(): Promise<boolean> {
  const { slug, document, revision: before } = useEditor.getState();
  const isOpen = () => useEditor.getState().slug === slug;
  useEditor.setState({ save: "saving" });
  try {
    const body = { document, revision: before };
    const { revision }: Draft = await saveDraft(slug, body, { keepalive: outlives(body) });
    if (!isOpen()) return true;
    const unchanged = useEditor.getState().document === document;
    useEditor.setState({ revision, base: document, save: unchanged ? "saved" : "unsaved", failure: null });
    return unchanged;
  } catch (error) {
    if (!isOpen()) return false;
    const conflict = conflictIn(error);
    useEditor.setState({ save: conflict ? "conflict" : "failed", conflict, failure: sentenceOf(error) });
    return false;
  }
}
