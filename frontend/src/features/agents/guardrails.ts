import type { Config } from "./use-agent-draft";

export type GuardrailType = "pii" | "secrets" | "topic" | "schema" | "cel";

interface Known {
  type: GuardrailType;
  title: string;
  description: string;
  /** What happens by default. */
  action: string;
  /** Where it looks by default. */
  stages: readonly string[];
  /** What a new one begins with. */
  begins: Config;
}

const BOTH = ["input", "output"];
const LEAVING = ["input", "output", "call"];

/** All types of guardrails. */
export const GUARDRAILS: readonly Known[] = [
  {
    type: "pii",
    title: "Personal data",
    description: "Finds personal data by its form; check digits of cards and IBANs are computed.",
    action: "mask",
    stages: LEAVING,
    begins: {},
  },
  {
    type: "secrets",
    title: "Secrets",
    description: "Finds keys, tokens, passwords, and the values of the workspace's own credentials.",
    action: "mask",
    stages: LEAVING,
    begins: {},
  },
  {
    type: "topic",
    title: "Topic",
    description: "A model judges what a text is about.",
    action: "block",
    stages: ["input"],
    begins: {},
  },
  {
    type: "schema",
    title: "Form",
    description: "Demands that a text is JSON of a form.",
    action: "block",
    stages: ["output"],
    begins: { schema: { type: "object" } },
  },
  {
    type: "cel",
    title: "Condition",
    description: "Finds what an expression says.",
    action: "block",
    stages: BOTH,
    begins: { when: 'text.contains("…")' },
  },
];

const STAGES = [
  { value: "input", label: "what people say" },
  { value: "output", label: "what it answers" },
  { value: "call", label: "what tools are given" },
  { value: "tool", label: "what tools give back" },
];

const ACTIONS = [
  { value: "mask", label: "cover it up and go on" },
  { value: "ask", label: "ask a person" },
  { value: "block", label: "end with an error" },
];

export const KINDS = ["email", "phone", "card", "iban"].map((value) => ({ value, label: value }));

/** What may happen: only what has a form of its own can be covered up. */
export function actionsOf({ type }: Config): { value: string; label: string }[] {
  return type === "pii" || type === "secrets" ? ACTIONS : ACTIONS.filter(({ value }) => value !== "mask");
}

/** Where a guardrail may look: what tools are given has the form that their own schemas demand. */
export function stagesFor({ type }: Config): { value: string; label: string }[] {
  return type === "schema" ? STAGES.filter(({ value }) => value !== "call") : STAGES;
}

/** Where a guardrail looks. */
export function stagesOf({ type, on }: Config): string[] {
  if (Array.isArray(on)) return on.map(String);
  return [...(GUARDRAILS.find((known) => known.type === type)?.stages ?? BOTH)];
}
