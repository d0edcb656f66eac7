import { Textarea } from "@mantine/core";

interface Props {
  label: string;
  description?: string;
  value: string;
  onChange: (text: string) => void;
  /** Told what is wrong with the text; null if it is JSON. */
  onProblem?: (problem: string | null) => void;
  minRows?: number;
}

/** JSON as text. */
export function JsonInput({ label, description, value, onChange, onProblem, minRows = 6 }: Props) {
  const problem = problemOf(value);
  return (
    <Textarea
      label={label}
      description={description}
      autosize
      minRows={minRows}
      maxRows={18}
      spellCheck={false}
      value={value}
      error={problem}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
      onChange={(event) => {
        onChange(event.currentTarget.value);
        onProblem?.(problemOf(event.currentTarget.value));
      }}
    />
  );
}

function problemOf(text: string): string | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}
