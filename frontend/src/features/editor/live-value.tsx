import { Text } from "@mantine/core";
import type { EvaluatedExpression } from "@/api/generated/perdure.schemas";
import classes from "./live-value.module.css";

const LONGEST = 4_000;

interface Props {
  result: EvaluatedExpression | undefined;
  /** The field says itself what is wrong. */
  quiet?: boolean;
}

/** What an expression comes to with the data of the latest run. */
export function LiveValue({ result, quiet = false }: Props) {
  if (!result) return null;
  if (result.status === "value") {
    const text = shown(result.value);
    return (
      <output className={classes.value} aria-label="Comes to" data-block={text.includes("\n") || undefined}>
        {text}
      </output>
    );
  }
  if (result.status === "missing") {
    return (
      <Text size="xs" c="dimmed" mt={4}>
        No preview: {result.missing.join(", ")} has no output yet. Test or pin it.
      </Text>
    );
  }
  if (quiet) return null;
  return (
    <Text size="xs" c="red" mt={4}>
      {result.message}
    </Text>
  );
}

function shown(value: unknown): string {
  const text =
    typeof value === "string" ? value : (JSON.stringify(value, null, isFlat(value) ? 0 : 2) ?? "null");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
}

function isFlat(value: unknown): boolean {
  return JSON.stringify(value ?? null).length < 60;
}
