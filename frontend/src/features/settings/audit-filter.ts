import type { AuditFilter } from "./queries";

/** The fields of the form above the log, as texts; empty ones filter nothing. */
export interface AuditFields {
  actor: string;
  subject: string;
  subjectId: string;
  from: string;
  to: string;
}

export const NO_FIELDS: AuditFields = { actor: "", subject: "", subjectId: "", from: "", to: "" };

/** Kinds of things that are changed. */
export const SUBJECTS = [
  { value: "workflow", label: "Workflow" },
  { value: "run", label: "Run" },
  { value: "approval", label: "Request" },
  { value: "approval_rule", label: "Approval rule" },
  { value: "calendar", label: "Calendar" },
  { value: "absence", label: "Absence" },
  { value: "credential", label: "Credential" },
  { value: "api_key", label: "API key" },
  { value: "user", label: "Person" },
  { value: "member", label: "Member" },
  { value: "group", label: "Group" },
  { value: "invitation", label: "Invitation" },
  { value: "workspace", label: "Workspace" },
  { value: "bulk", label: "Bulk job" },
  { value: "session", label: "Session" },
];

const DAY = 86_400_000;

/** What the API is asked; days are those of the viewer, and the last one counts as a whole. */
export function filterOf({ actor, subject, subjectId, from, to }: AuditFields): AuditFilter {
  return {
    ...(actor.trim() && { actor: actor.trim() }),
    ...(subject && { subject_kind: subject }),
    ...(subjectId.trim() && { subject_id: subjectId.trim() }),
    ...(from && { since: startOf(from).toISOString() }),
    ...(to && { until: new Date(startOf(to).getTime() + DAY).toISOString() }),
  };
}

/** An action as a part of a sentence: `workflow.published` is `published workflow`. */
export function actionWords(action: string): string {
  const [subject = "", verb = ""] = action.split(".");
  return `${verb.replaceAll("_", " ")} ${subject.replaceAll("_", " ")}`.trim();
}

function startOf(day: string): Date {
  return new Date(`${day}T00:00:00`);
}
