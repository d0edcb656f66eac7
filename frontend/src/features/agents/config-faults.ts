import { type ErrorSchema, ErrorSchemaBuilder } from "@rjsf/utils";
import type { FaultProblem } from "@/api/generated/perdure.schemas";

/** What is wrong with the settings of an agent, by where it is. */
export interface ConfigFaults {
  /** What is wrong at a setting, or inside of it; nothing if it is sound. */
  at: (name: string) => string | undefined;
  /** The same for a form of a part: faults by its fields. */
  within: (place: string) => ErrorSchema;
  /** Whether anything is wrong at a place or inside of it. */
  has: (place: string) => boolean;
  /** Faults that belong to no field. */
  rest: readonly FaultProblem[];
}

/** Sorts faults by the settings they belong to. `with.tools[0].settings.url` is inside of `tools[0]`. */
export function faultsOf(faults: readonly FaultProblem[]): ConfigFaults {
  const placed = faults.flatMap(({ field, message }) =>
    field?.startsWith("with.") ? [{ place: field.slice("with.".length), message: sentenceIn(message) }] : [],
  );
  const inside = (place: string) =>
    placed.filter((fault) => fault.place === place || /^[.[]/.test(after(fault.place, place)));
  return {
    at: (name) => inside(name).map(({ message }) => message)[0],
    within: (place) => {
      const builder = new ErrorSchemaBuilder();
      for (const fault of inside(place)) builder.addErrors(fault.message, partsOf(after(fault.place, place)));
      return builder.ErrorSchema;
    },
    has: (place) => inside(place).length > 0,
    rest: faults.filter(({ field }) => !field?.startsWith("with.")),
  };
}

/** What a fault says, without the place where it stands: that is where it is shown. */
export function sentenceIn(message: string): string {
  if (/^The field `with[.[][^`]*` is missing/.test(message)) return "It is missing.";
  const said = message.replace(/^`with[.[][^`]*`:?\s*/, "");
  return said.charAt(0).toUpperCase() + said.slice(1);
}

function after(whole: string, place: string): string {
  return whole.startsWith(place) ? whole.slice(place.length) : "";
}

function partsOf(field: string): (string | number)[] {
  return [...field.matchAll(/([^.[\]]+)/g)].map(([part]) => (/^\d+$/.test(part) ? Number(part) : part));
}
