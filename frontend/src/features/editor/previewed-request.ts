import type { Approval, EvaluatedExpression } from "@/api/generated/perdure.schemas";
import { isRecord } from "@/lib/graph/document";

/** A request as it would be opened, as far as it is shown before somebody answers. */
export type PreviewedRequest = Pick<
  Approval,
  "title" | "body" | "payload" | "show" | "form" | "defaults" | "editable" | "decisions" | "priority" | "tags"
>;

const FILLED = ["title", "body", "payload", "show", "defaults", "tags"];

/** What of a step's settings is filled in before it is asked. */
export function templatesIn(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(FILLED.filter((name) => name in config).map((name) => [name, config[name]]));
}

/** The request that a step would open, from its settings and what became of their templates. */
export function previewedRequest(
  config: Record<string, unknown>,
  filled: Record<string, EvaluatedExpression>,
): PreviewedRequest {
  const value = (name: string) => filled[name]?.value ?? null;
  const form = isRecord(config.form) && Object.keys(config.form).length > 0 ? config.form : null;
  return {
    title: textOf(value("title")) || textOf(config.title),
    body: textOf(value("body")),
    payload: value("payload"),
    show: listOf(value("show")),
    form,
    defaults: value("defaults"),
    editable: listOf(config.editable).map(String),
    decisions: decisionsOf(config),
    priority: (textOf(config.priority) || "normal") as Approval["priority"],
    tags: listOf(value("tags")).map(String),
  };
}

/** The ways to answer, in the order in which they are offered. */
function decisionsOf({ skip, decisions, reason }: Record<string, unknown>): Approval["decisions"] {
  const always = reason === "required";
  const own = listOf(decisions).filter(isRecord);
  return [
    { name: "approved", label: "Approve", needs_reason: always },
    { name: "rejected", label: "Reject", needs_reason: always || reason === "on_reject" },
    ...(skip === true ? [{ name: "skipped", label: "Skip", needs_reason: always }] : []),
    ...own.map((one) => ({
      name: textOf(one.name),
      label: textOf(one.label) || textOf(one.name),
      needs_reason: always || one.reason === true,
    })),
  ];
}

/** Steps whose output is not known yet, so that parts stay empty. */
export function missingIn(filled: Record<string, EvaluatedExpression>): string[] {
  const all = Object.values(filled).flatMap(({ missing, status }) => (status === "missing" ? missing : []));
  return [...new Set(all)];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
