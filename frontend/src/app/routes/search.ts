import { parseSearchWith, stringifySearchWith } from "@tanstack/react-router";

/** What stands behind the question mark of an address, as the router has read it. */
export type Search = Record<string, unknown>;

/** Reads it as people write it: as texts. The router would take some of them for JSON, and `1e5` for 100000. */
export const parseSearch = parseSearchWith((text) => text);

/** The way back. */
export const stringifySearch = stringifySearchWith(JSON.stringify);

/** The named parameters of an address as texts. The others are named too, since the router keeps what is not. */
export function texts<Name extends string>(search: Search, ...names: Name[]): Partial<Record<Name, string>> {
  const found = names.map((name) => [name, textOf(search[name])]);
  return Object.fromEntries(found) as Partial<Record<Name, string>>;
}

/** What the router reads as a number or as yes and no all the same is written again just as it was. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}
