import type { HistoryEntry } from "@/api/generated/perdure.schemas";

type Fields = Record<string, unknown>;

const WORDS: Record<string, (by: string, data: Fields) => string> = {
  opened: () => "Asked",
  claimed: (by) => `${by} claimed it`,
  released: (by) => `${by} released it`,
  delegated: (by, data) => `${by} handed it to ${text(data.to_name, "somebody else")}`,
  assigned: (by, data) => `${by} asked ${listed(data.to)}`,
  unassigned: () => "Somebody is no longer asked",
  voted: (by, data) => `${by} answered: ${text(data.decision, "yes")}`,
  stage: (_, data) => `Stage ${Number(data.stage ?? 0) + 1} began`,
  edited: (by, data) => `${by} edited ${listed(data.fields)}`,
  revised: (by) => `${by} changed the question`,
  undone: (by) => `${by} took their answer back`,
  decided: (by, data) => `${by} decided: ${text(data.decision, "done")}`,
  expired: () => "Nobody answered in time",
  reminded: () => "Reminded",
  escalated: (_, data) => `Escalated to ${listed(data.to)}`,
  comment: (by) => `${by} said`,
  question: (by) => `${by} asked back`,
  answer: (by) => `${by} answered the question`,
};

/** What happened, as a sentence. */
export function entryWords({ kind, by, data }: HistoryEntry): string {
  return WORDS[kind]?.(by, (data ?? {}) as Fields) ?? `${by}: ${kind}`;
}

function text(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}

function listed(value: unknown): string {
  return Array.isArray(value) && value.length > 0 ? value.map(String).join(", ") : "others";
}
