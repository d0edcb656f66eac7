import type {
  BacktestExample,
  BacktestOutcome,
  RuleScope,
  RuleVersion,
} from "@/api/generated/perdure.schemas";

/** Which requests a rule is asked about, as the end of a sentence. */
export function scopeWords({ workflow, node, tag }: RuleScope): string {
  const parts = [workflow && `of ${workflow}`, node && `at ${node}`, tag && `tagged ${tag}`].filter(Boolean);
  return parts.length === 0 ? "all requests" : `requests ${parts.join(" ")}`;
}

const PLAIN: Record<string, string> = { approved: "Approves", rejected: "Rejects" };

/** What a rule does when it matches. */
export function answerWords(decision: string): string {
  return PLAIN[decision] ?? `Answers “${decision}”`;
}

/** What came of an approval when a rule was tried on it, and the colour of that. */
export const OUTCOMES: Record<BacktestOutcome, { label: string; color: string }> = {
  disagrees: { label: "Differs", color: "red" },
  error: { label: "Fails", color: "red" },
  agrees: { label: "Same", color: "green" },
  undecided: { label: "New", color: "blue" },
};

/** What people had decided. */
export function decidedWords({ decision, decided_by, edited }: BacktestExample): string {
  if (decision === null) return "Nobody answered";
  const by = decided_by === null ? "" : ` by ${decided_by}`;
  return `${decision}${by}${edited ? ", after an edit" : ""}`;
}

const FIELDS: readonly (keyof RuleVersion)[] = [
  "name",
  "expression",
  "decision",
  "reason",
  "scope",
  "sample",
  "expires_at",
];

/** What a version says, without who said it when. */
export function contentOf(version: RuleVersion): Record<string, unknown> {
  return Object.fromEntries(FIELDS.map((field) => [field, version[field]]));
}
