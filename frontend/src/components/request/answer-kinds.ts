import type { Approval } from "@/api/generated/perdure.schemas";

/** What an answer is given with beside a reason. */
export type AnswerKind = "plain" | "form" | "value";

const WITH_VALUE = ["skip", "done", "compensate"];

/** A question's form belongs to every yes; that of a failed step only to its edit, and in its place a value may stand. */
export function kindOf({ purpose, form }: Pick<Approval, "purpose" | "form">, decision: string): AnswerKind {
  if (purpose === "approval") {
    return form === null || decision === "rejected" || decision === "skipped" ? "plain" : "form";
  }
  if (decision === "edit" && form !== null) return "form";
  return WITH_VALUE.includes(decision) ? "value" : "plain";
}

/** What the form holds before it is filled in: for a failed step the settings it worked with. */
export function startOf({ purpose, defaults, payload }: Approval): unknown {
  if (purpose === "approval") return defaults ?? undefined;
  const settings =
    typeof payload === "object" && payload !== null ? Reflect.get(payload, "settings") : undefined;
  return settings ?? undefined;
}
