import { Alert, Text } from "@mantine/core";
import { IconCircleXFilled } from "@tabler/icons-react";
import type { RunStep } from "@/api/generated/perdure.schemas";
import { JsonView } from "@/components/json-view";
import { StatusBadge } from "@/components/status";
import type { StepState } from "@/lib/run-state";
import { StepFacts } from "./step-facts";
import classes from "./step-result.module.css";

interface Props {
  step: StepState;
  row: RunStep | undefined;
}

/** How a step stands and what it has given; its text while it is written. */
export function StepResult({ step, row }: Props) {
  const writes = step.status === "running" && step.text !== "";
  return (
    <>
      <div>
        <StatusBadge status={step.status} />
      </div>
      {step.error && (
        <Alert color="red" title={step.error.code} icon={<IconCircleXFilled size={18} />} p="sm">
          <Text size="sm" className={classes.message}>
            {step.error.message}
          </Text>
        </Alert>
      )}
      <StepFacts step={step} row={row} />
      {writes && <StreamedText text={step.text} />}
      {row && (
        <JsonView
          label="Output"
          value={step.endedAt === null ? null : row.output}
          empty={step.endedAt === null ? "Not yet." : "None."}
        />
      )}
    </>
  );
}

function StreamedText({ text }: { text: string }) {
  return (
    <section aria-label="Text being written" className={classes.stream} aria-live="off">
      {text}
      <span className={classes.caret} />
    </section>
  );
}
