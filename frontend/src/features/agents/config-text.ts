import { isRecord } from "@/lib/graph/document";
import type { Config } from "./use-agent-draft";

/** What is empty says nothing. */
export function cleaned(config: Config): Config {
  return Object.fromEntries(
    Object.entries(config).filter(([, value]) => {
      if (value === undefined || value === null || value === "" || value === false) return false;
      return (
        !(Array.isArray(value) && value.length === 0) && !(isRecord(value) && Object.keys(value).length === 0)
      );
    }),
  );
}

/** A text, or nothing where something else stands. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A part of the settings that has fields of its own. */
export function partOf(config: Config, name: string): Config {
  const part = config[name];
  return isRecord(part) ? part : {};
}
