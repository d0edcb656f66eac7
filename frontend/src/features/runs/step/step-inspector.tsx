import { ActionIcon, Button, Select, Text, Title } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconGitFork, IconX } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import type { Run } from "@/api/generated/perdure.schemas";
import { JsonView } from "@/components/json-view";
import { useRun, useRunStore } from "@/components/live-run/run-store";
import { StepResult } from "@/components/live-run/step-result";
import { useStepRow } from "@/components/live-run/use-step-row";
import type { StepState } from "@/lib/run-state";
import { StepAttempts } from "./step-attempts";
import { StepChildren } from "./step-children";
import { chooseStep, stepLabel, stepsOf } from "./step-choice";
import { StepEvents } from "./step-events";
import classes from "./step-inspector.module.css";

interface Props {
  run: Run;
  /** Path of a node in the drawing, or key of one of its steps. */
  chosen: string;
  onClose: () => void;
  /** Another run from this node on; null if that may not be. */
  onFork: ((node: string) => void) | null;
}

/** One step in full: input, output, error, attempts, tokens, cost, events; its text while it is written. */
export function StepInspector({ run, chosen, onClose, onFork }: Props) {
  const store = useRunStore();
  const keys = useStore(
    store,
    useShallow((state) => stepsOf(state.shown, chosen, state.focus)),
  );
  const [picked, pick] = useState<string | null>(null);
  const key = useRun(({ shown }) =>
    picked !== null && keys.includes(picked) ? picked : chooseStep(shown, keys, chosen),
  );
  const step = useRun(({ shown }) => (key === null ? undefined : shown.steps[key]));
  useHotkeys([
    ["Escape", onClose],
    ["j", () => pick(neighbour(keys, key, 1))],
    ["k", () => pick(neighbour(keys, key, -1))],
  ]);
  return (
    <aside className={classes.panel} aria-label="Step">
      <header className={classes.header}>
        <div className={classes.heading}>
          <Title order={2} size="h3" lineClamp={2}>
            {step?.name ?? chosen}
          </Title>
          <Text size="xs" c="dimmed" ff="monospace" truncate>
            {step?.path ?? chosen}
          </Text>
        </div>
        <ActionIcon aria-label="Close" onClick={onClose}>
          <IconX size={17} />
        </ActionIcon>
      </header>
      <div className={classes.body}>
        {keys.length > 1 && <StepSelect keys={keys} value={key} onChange={pick} />}
        {step ? <StepDetails run={run} step={step} /> : <NotReached />}
        {onFork && (
          <Button
            size="xs"
            variant="default"
            className={classes.fork}
            leftSection={<IconGitFork size={15} />}
            onClick={() => onFork(rootOf(step?.node ?? chosen))}
          >
            Fork from here
          </Button>
        )}
      </div>
    </aside>
  );
}

interface SelectProps {
  keys: string[];
  value: string | null;
  onChange: (key: string | null) => void;
}

function StepSelect({ keys, value, onChange }: SelectProps) {
  const steps = useRun((run) => run.shown.steps);
  const data = useMemo(
    () => keys.map((key) => ({ value: key, label: stepLabel(steps[key], key) })),
    [keys, steps],
  );
  return (
    <Select
      aria-label="Which one"
      size="xs"
      searchable
      limit={200}
      allowDeselect={false}
      data={data}
      value={value}
      onChange={onChange}
      description={`${keys.length} steps of this node`}
    />
  );
}

interface DetailsProps {
  run: Run;
  step: StepState;
}

function StepDetails({ run, step }: DetailsProps) {
  const row = useStepRow(run.id, run.attempt, step);
  return (
    <>
      <StepResult step={step} row={row} />
      {row && <JsonView label="Input" value={row.input} />}
      {step.attempts.length > 1 && <StepAttempts attempts={step.attempts} />}
      {step.kind === "sub_workflow" && <StepChildren run={run} path={step.path} />}
      {row?.details && <JsonView label="Details" value={row.details} />}
      <StepEvents key={step.key} step={step} />
    </>
  );
}

function NotReached() {
  return (
    <Text size="sm" c="dimmed">
      The run has not come here.
    </Text>
  );
}

/** The node of the drawing's first level that a node belongs to: only from there can a run be forked. */
function rootOf(node: string): string {
  return node.split(".")[0] ?? node;
}

function neighbour(keys: string[], key: string | null, by: number): string | null {
  const index = key === null ? -1 : keys.indexOf(key);
  return keys[Math.min(keys.length - 1, Math.max(0, index + by))] ?? key;
}
