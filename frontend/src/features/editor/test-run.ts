import { create } from "zustand";
import type { EditedDocument } from "./document-edits";
import { useEditor } from "./editor-store";

interface TestRun {
  /** The run that is painted on the canvas; null if none is. */
  runId: string | null;
  /** What was tested. */
  document: EditedDocument | null;
}

/** The test of the draft that is watched where it is drawn. */
export const useTestRun = create<TestRun>(() => ({ runId: null, document: null }));

/** Paint a test of the draft as it is now. */
export function showTestRun(runId: string): void {
  useTestRun.setState({ runId, document: useEditor.getState().document });
}

/** Paint nothing any more; the run goes on. */
export function hideTestRun(): void {
  useTestRun.setState({ runId: null, document: null });
}
