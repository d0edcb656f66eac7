import { type ErrorSchema, ErrorSchemaBuilder } from "@rjsf/utils";
import type { FaultProblem } from "@/api/generated/perdure.schemas";

/** Faults of a node at the fields of a form: `with.cases[0].when` is `cases`, 0, `when` of the form behind `with.`. */
export function problemsAt(faults: readonly FaultProblem[], prefix: string): ErrorSchema {
  const builder = new ErrorSchemaBuilder();
  for (const { field, message } of faults) {
    const own = prefix === "" ? field && !field.startsWith("with") : field?.startsWith(prefix);
    if (own && field) builder.addErrors(message, pathOf(field.slice(prefix.length)));
  }
  return builder.ErrorSchema;
}

function pathOf(field: string): (string | number)[] {
  return [...field.matchAll(/([^.[\]]+)/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** By which the element of a field can be found. */
export function idOf(form: string, field: string): string {
  return [form, ...pathOf(field)].join("_");
}

/** How long a form may take to appear. */
const PATIENCE = 1_500;
const LOOK_AGAIN = 50;

/** Bring a field of a form into sight as soon as it is there, and put the cursor into it. */
export function goToField(field: string, form = "root"): () => void {
  const parts = pathOf(field.replace(/^with\.?/, ""));
  const until = Date.now() + PATIENCE;
  const timer = setInterval(() => {
    const found = nearest(form, parts);
    if (!found && Date.now() < until) return;
    clearInterval(timer);
    found?.scrollIntoView({ block: "center" });
    focusIn(found)?.focus({ preventScroll: true });
  }, LOOK_AGAIN);
  return () => clearInterval(timer);
}

/** Where the cursor can be: the field itself; of a group the first field in it, or the button that adds one. */
function focusIn(found: HTMLElement | null): HTMLElement | null {
  if (!found || found.matches(`${FIELD}, button, [tabindex]`)) return found;
  return found.querySelector<HTMLElement>(FIELD) ?? found.querySelector<HTMLElement>("button:not(:disabled)");
}

const FIELD = [
  "input:not(:disabled):not([type=hidden])",
  "textarea:not(:disabled)",
  "select:not(:disabled)",
  "[contenteditable=true]",
].join(", ");

/** The element of a field, or of the group in which it stands. */
function nearest(form: string, parts: readonly (string | number)[]): HTMLElement | null {
  for (let length = parts.length; length > 0; length--) {
    const found = document.getElementById([form, ...parts.slice(0, length)].join("_"));
    if (found) return found;
  }
  return null;
}
