import { NumberInput } from "@mantine/core";
import type { Config } from "./use-agent-draft";

interface Props {
  label: string;
  description?: string;
  placeholder: string;
  name: string;
  value: Config;
  error?: string | undefined;
  onChange: (changes: Config) => void;
}

/** A number among settings; empty is what is usual. */
export function Amount({ label, description, placeholder, name, value, error, onChange }: Props) {
  const known = value[name];
  return (
    <NumberInput
      label={label}
      description={description}
      placeholder={placeholder}
      min={0}
      error={error}
      value={typeof known === "number" ? known : ""}
      onChange={(next) => onChange({ [name]: typeof next === "number" ? next : undefined })}
    />
  );
}
