import { useHotkeys } from "@mantine/hooks";
import { useEffect } from "react";
import { graphIn } from "@/lib/graph/document";
import { isTyping } from "@/lib/use-key-sequence";
import { isStep, notesOf } from "./canvas-extras";
import type { Kinds } from "./document-edits";
import { redo, select, undo, useEditor } from "./editor-store";
import { clipOf, duplicate, paste } from "./node-clipboard";
import { groupSteps } from "./selection-bar";

interface Actions {
  onSave: () => void;
  onAdd: () => void;
}

/** Keys of the editor. Text fields keep their own undo, copy and paste. */
export function useEditorKeys(kinds: Kinds, { onSave, onAdd }: Actions): void {
  useHotkeys([
    ["mod+Z", undo],
    ["mod+shift+Z", redo],
    ["mod+Y", redo],
    ["mod+D", () => duplicate(useEditor.getState().selected.filter(isStep), kinds)],
    ["mod+G", () => groupSteps(useEditor.getState().selected)],
    ["mod+A", selectAll],
    ["Escape", () => select([])],
  ]);
  useHotkeys([["mod+S", onSave]], []);
  useEffect(() => {
    const copy = (event: ClipboardEvent) => {
      const { document, selected } = useEditor.getState();
      const text =
        isTyping(event.target) || hasSelectedText() ? null : clipOf(document, selected.filter(isStep), kinds);
      if (text === null) return;
      event.clipboardData?.setData("text/plain", text);
      event.preventDefault();
    };
    const put = (event: ClipboardEvent) => {
      if (isTyping(event.target)) return;
      paste(event.clipboardData?.getData("text/plain") ?? "", targetOfPaste(), kinds);
    };
    // Only where Tab would begin at the top of the page anyway; elsewhere it goes from one thing to the next.
    const tab = (event: KeyboardEvent) => {
      if (
        event.key !== "Tab" ||
        event.shiftKey ||
        globalThis.document.activeElement !== globalThis.document.body
      )
        return;
      event.preventDefault();
      onAdd();
    };
    globalThis.document.addEventListener("keydown", tab);
    globalThis.document.addEventListener("copy", copy);
    globalThis.document.addEventListener("paste", put);
    return () => {
      globalThis.document.removeEventListener("keydown", tab);
      globalThis.document.removeEventListener("copy", copy);
      globalThis.document.removeEventListener("paste", put);
    };
  }, [kinds, onAdd]);
}

function selectAll(): void {
  const { document } = useEditor.getState();
  select([
    ...graphIn(document).nodes.map(({ id }) => id),
    ...notesOf(document).map((_, index) => `note:${index}`),
  ]);
}

function hasSelectedText(): boolean {
  return (globalThis.getSelection()?.toString() ?? "") !== "";
}

/** Beside what is selected. */
function targetOfPaste(): string | null {
  const path = useEditor.getState().selected.find(isStep);
  const dot = path?.lastIndexOf(".") ?? -1;
  return path === undefined || dot < 0 ? null : path.slice(0, dot);
}
