import { Button, Title } from "@mantine/core";
import { useState } from "react";
import { JsonInput } from "@/components/json-input";
import classes from "./agent-page.module.css";

const BEGINNING = { type: "object", properties: { answer: { type: "string" } }, required: ["answer"] };

interface Props {
  value: unknown;
  fault: string | undefined;
  onChange: (schema: unknown) => void;
}

/** Data that the agent ends with, by its JSON Schema. What is no JSON yet stands here only. */
export function OutputSchema({ value, fault, onChange }: Props) {
  const [text, setText] = useState(value === undefined ? null : JSON.stringify(value, null, 2));
  const write = (next: string) => {
    setText(next);
    try {
      onChange(JSON.parse(next));
    } catch {
      // It is told beneath the field.
    }
  };
  return (
    <section className={classes.part} aria-label="Answer">
      <div className={classes.head}>
        <Title order={2}>Answer</Title>
        {text === null ? (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => write(JSON.stringify(BEGINNING, null, 2))}
          >
            As data
          </Button>
        ) : (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              setText(null);
              onChange(undefined);
            }}
          >
            As text
          </Button>
        )}
      </div>
      {text === null ? (
        <p className={classes.detail}>It ends with text.</p>
      ) : (
        <JsonInput label="JSON Schema of its answer" value={text} onChange={write} />
      )}
      {fault && <p className={classes.fault}>{fault}</p>}
    </section>
  );
}
