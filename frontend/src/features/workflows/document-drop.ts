import { type DragEvent, useEffect, useState } from "react";
import { isTyping } from "@/lib/use-key-sequence";

/** Whether a text may be a workflow document, as YAML or JSON. */
export function looksLikeDocument(text: string): boolean {
  return /^\s*"?nodes"?\s*:/m.test(text) || /^\s*\{[\s\S]*"nodes"\s*:/.test(text);
}

/** Takes documents that are pasted anywhere on the page, or dropped on it as files. */
export function useDocumentDrop(enabled: boolean, onDocument: (text: string) => void) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (!enabled) return;
    const onPaste = (event: ClipboardEvent) => {
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (!isTyping(event.target) && looksLikeDocument(text)) onDocument(text);
    };
    document.addEventListener("paste", onPaste);
    return () => document.removeEventListener("paste", onPaste);
  }, [enabled, onDocument]);
  const handlers = {
    onDragOver: (event: DragEvent) => {
      event.preventDefault();
      setOver(true);
    },
    onDragLeave: () => setOver(false),
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      setOver(false);
      void event.dataTransfer.files[0]?.text().then(onDocument);
    },
  };
  return { over, handlers: enabled ? handlers : {} };
}
