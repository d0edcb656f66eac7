import type { FieldProps } from "@rjsf/utils";
import { useState } from "react";
import { stringify } from "yaml";
import { ExpressionField } from "./expression-field";
import { parseValue } from "./value-text";

interface Props {
  id?: string;
  label: string;
  hideLabel?: boolean;
  description?: string | undefined;
  required?: boolean;
  error?: string | undefined;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** A value of any kind, as YAML. What cannot be read stands here only, until it can. */
export function ValueInput({ value, error, onChange, ...field }: Props) {
  const [own, setOwn] = useState<string | null>(null);
  const parsed = parseValue(own ?? "");
  // Undo, and whoever else changes the value, is followed.
  const mine = own !== null && (parsed.problem !== null || same(parsed.value, value));
  const text = mine ? own : written(value);
  const problem = mine ? parsed.problem : null;
  return (
    <ExpressionField
      {...field}
      error={problem ?? error}
      language="yaml"
      value={text}
      tried={problem === null ? (value ?? null) : null}
      onChange={(next) => {
        setOwn(next);
        const read = parseValue(next);
        if (read.problem === null) onChange(read.value);
      }}
    />
  );
}

/** The same as a field of a form. */
export function ValueField({
  formData,
  name,
  schema,
  required,
  fieldPathId,
  rawErrors,
  onChange,
}: FieldProps) {
  return (
    <ValueInput
      id={fieldPathId.$id}
      label={schema.title ?? name}
      description={schema.description}
      required={required ?? false}
      error={rawErrors?.join(" ")}
      value={formData}
      onChange={(value) => onChange(value, fieldPathId.path)}
    />
  );
}

function written(value: unknown): string {
  return value === undefined || value === null ? "" : stringify(value, { lineWidth: 0 }).trimEnd();
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}
