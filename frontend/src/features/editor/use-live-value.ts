import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import type { EvaluatedExpression } from "@/api/generated/perdure.schemas";
import { evaluate, type SampleData, stampOf } from "./sample-data";

const QUIET = 250;

/** What the fields of the step under edit are tried out with. */
export const SampleContext = createContext<SampleData | null>(null);

/** What a template or an expression comes to with the data at hand, shortly after it was typed. */
export function useLiveValue(
  text: unknown,
  as: "template" | "expression",
  enabled: boolean,
): EvaluatedExpression | undefined {
  const sample = useContext(SampleContext);
  const [settled] = useDebouncedValue(text, QUIET);
  const worth =
    as === "expression" ? typeof settled === "string" && settled.trim() !== "" : computes(settled);
  const { data } = useQuery({
    queryKey: ["live value", as, settled, stampOf(sample)] as const,
    queryFn: ({ signal }) =>
      evaluate(
        sample as SampleData,
        as === "template" ? { it: settled } : {},
        as === "expression" ? { it: String(settled) } : {},
        signal,
      ),
    enabled: enabled && worth && sample !== null,
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
    retry: false,
  });
  return enabled && worth ? data?.it : undefined;
}

/** Whether there is anything in a value to be filled in. */
export function computes(value: unknown): boolean {
  if (typeof value === "string") return value.includes("{{");
  if (Array.isArray(value)) return value.some(computes);
  return typeof value === "object" && value !== null && Object.values(value).some(computes);
}
