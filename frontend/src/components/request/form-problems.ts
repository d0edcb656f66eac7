import type { ErrorSchema } from "@rjsf/utils";
import { ApiError } from "@/api/problem";

/** What the server has found wrong with a form, at its fields. */
export function formProblems(error: Error | null): ErrorSchema | undefined {
  if (!(error instanceof ApiError) || error.code !== "invalid_form") return undefined;
  const problems: ErrorSchema = {};
  for (const { field, message } of error.problem?.errors ?? []) {
    const place = field.split("/").filter(Boolean).reduce(within, problems);
    place.__errors = [...(place.__errors ?? []), message];
  }
  return problems;
}

/** Made here, for the library of forms is read only where a request has one. */
function within(place: ErrorSchema, name: string): ErrorSchema {
  const known = Object.hasOwn(place, name) ? place[name] : undefined;
  const inner: ErrorSchema = known ?? {};
  place[name] = inner;
  return inner;
}
