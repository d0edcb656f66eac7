import { Text } from "@mantine/core";
import { useState } from "react";
import { JsonInput } from "@/components/json-input";

interface Props {
  value: unknown;
  fault: string | undefined;
  onChange: (schema: unknown) => void;
}

/** The form that a text must have. What is no JSON yet stands here only. */
export function GuardrailSchema({ value, fault, onChange }: Props) {
  const [text, setText] = useState(JSON.stringify(value ?? { type: "object" }, null, 2));
  return (
    <div>
      <JsonInput
        label="JSON Schema"
        value={text}
        minRows={3}
        onChange={(next) => {
          setText(next);
          try {
            onChange(JSON.parse(next));
          } catch {
            // It is told beneath the field.
          }
        }}
      />
      {fault && (
        <Text size="xs" c="red">
          {fault}
        </Text>
      )}
    </div>
  );
}
