import { isNotEmpty } from "@mantine/form";
import type { CreateRule, Rule } from "@/api/generated/perdure.schemas";
import { fromLocalField, toLocalField } from "@/lib/local-time";

/** A rule as its form holds it: texts that may be empty. */
export interface RuleValues {
  name: string;
  expression: string;
  decision: string;
  reason: string;
  workflow: string;
  node: string;
  tag: string;
  sample: number | string;
  expires: string;
  note: string;
}

/** What the form begins with. */
export function valuesOf(rule: Rule | undefined): RuleValues {
  return {
    name: rule?.name ?? "",
    expression: rule?.expression ?? "",
    decision: rule?.decision ?? "approved",
    reason: rule?.reason ?? "",
    workflow: rule?.scope.workflow ?? "",
    node: rule?.scope.node ?? "",
    tag: rule?.scope.tag ?? "",
    sample: rule?.sample ?? 0,
    expires: toLocalField(rule?.expires_at ?? null),
    note: "",
  };
}

/** What the API is sent: empty texts say nothing. */
export function ruleOf(values: RuleValues): CreateRule {
  const { workflow, node, tag } = values;
  return {
    name: values.name.trim(),
    expression: values.expression,
    decision: values.decision.trim(),
    reason: values.reason.trim() || null,
    scope: { workflow: workflow.trim() || null, node: node.trim() || null, tag: tag.trim() || null },
    sample: Number(values.sample) || 0,
    expires_at: fromLocalField(values.expires),
    note: values.note.trim(),
  };
}

/** What can be said about the form before anybody is asked. */
export const RULE_CHECKS = {
  name: isNotEmpty("Give it a name."),
  expression: isNotEmpty("Say in CEL which requests it answers."),
  decision: (decision: string) =>
    /^[a-z][a-z0-9_]{0,62}$/.test(decision.trim()) ? null : "An answer such as approved.",
};

/** What an expression can read. */
export const RULE_NAMES = [
  { label: "payload", detail: "what is to be decided; its fields are names themselves" },
  { label: "title", detail: "of the request" },
  { label: "tags", detail: "of the request, a list" },
  { label: "priority", detail: "low, normal, high or urgent" },
  { label: "workflow", detail: "slug of the workflow" },
  { label: "node", detail: "id of the step" },
  { label: "input", detail: "input of the run" },
  { label: "run", detail: "id, started_at, attempt" },
];
