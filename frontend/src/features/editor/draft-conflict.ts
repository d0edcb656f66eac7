import type { DocumentDiff } from "@/api/generated/perdure.schemas";
import { ApiError } from "@/api/problem";
import { isRecord } from "@/lib/graph/document";
import type { EditedDocument } from "./document-edits";

interface DraftSide {
  revision: number;
  document: EditedDocument;
  saved_by: string;
  saved_at: string;
}

/** What the server says when somebody else has saved in the meantime. */
export interface DraftConflict {
  stored: DraftSide;
  /** What the others changed; null if it is no longer known. */
  changes: DocumentDiff | null;
}

/** The conflict that an error reports, if it is one. */
export function conflictIn(error: unknown): DraftConflict | null {
  if (!(error instanceof ApiError) || error.code !== "stale_revision") return null;
  const details: unknown = error.problem?.details;
  return isRecord(details) && isRecord(details.stored) ? (details as unknown as DraftConflict) : null;
}
