import type { DataClass, JobKind, JobStatus, Kind } from "@/api/generated/perdure.schemas";

/** What is found by its form, in the words of the page. */
export const KINDS: Record<Kind, string> = {
  email: "E-mail addresses",
  phone: "Telephone numbers",
  card: "Card numbers (check digit)",
  iban: "IBANs (check digits)",
};

/** Classes of data with a rule of their own: name, and what belongs to them. */
export const CLASSES: Record<DataClass, { label: string; detail: string }> = {
  runs: { label: "Runs", detail: "Ended runs with steps, events and approvals." },
  events: { label: "Run events", detail: "The event log of ended runs; the runs themselves stay." },
  blobs: { label: "Large payloads", detail: "Data that no run needs any more; at least a week is kept." },
  deliveries: {
    label: "Deliveries",
    detail: "Calls of webhooks, callbacks, messages, calls of connections.",
  },
  chats: { label: "Chats", detail: "Conversations in which nothing has happened since." },
  memories: { label: "Memories", detail: "Facts that agents remember, with their vectors." },
  documents: { label: "Documents", detail: "Documents of knowledge bases, with their vectors." },
  files: { label: "Files", detail: "Uploads and files that steps have written." },
  audit: { label: "Audit log", detail: "The oldest entries; the chain goes on from what is left." },
};

export const JOBS: Record<JobKind, string> = {
  retention: "Retention",
  export: "Export",
  erase_person: "Erasure of a person",
  erase_workspace: "Erasure of the workspace",
};

export const STATUS_COLORS: Record<JobStatus, string> = {
  pending: "gray",
  running: "blue",
  completed: "green",
  failed: "red",
  cancelled: "gray",
};
