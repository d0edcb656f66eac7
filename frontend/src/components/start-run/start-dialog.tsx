import { Alert, Button, Group, Loader, Modal, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import type { Run, RunAccepted } from "@/api/generated/perdure.schemas";
import { ApiError, sentenceOf } from "@/api/problem";
import { JsonInput } from "../json-input";

const SchemaForm = lazy(async () => ({ default: (await import("../schema-form/schema-form")).SchemaForm }));

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** Said above the form: what will happen. */
  lead: string;
  /** JSON Schema of the input. */
  schema: Record<string, unknown>;
  /** What the form holds at first. */
  initial?: unknown;
  start: (input: unknown, confirmed: boolean) => Promise<Run | RunAccepted>;
  /** What happens then; by default one goes to watch it. */
  onStarted?: (runId: string) => void;
}

/** Asks for the input of a run, by form or as JSON, and starts it. */
export function StartDialog({ opened, onClose, title, ...form }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg">
      <StartForm onClose={onClose} {...form} />
    </Modal>
  );
}

function StartForm({ onClose, lead, schema, initial, start, onStarted }: Omit<Props, "opened" | "title">) {
  const navigate = useNavigate();
  const hasFields = Object.keys((schema.properties as object | undefined) ?? {}).length > 0;
  const [by, setBy] = useState(hasFields ? "form" : "json");
  const [data, setData] = useState<unknown>(initial);
  const [text, setText] = useState(() => JSON.stringify(initial ?? {}, null, 2));
  const form = useRef<HTMLDivElement>(null);
  const [formReady, setFormReady] = useState(false);
  const begin = useMutation({
    mutationFn: ({ input, confirmed = false }: { input: unknown; confirmed?: boolean }) =>
      start(input, confirmed),
    onSuccess: async ({ id }) => {
      onClose();
      if (onStarted) onStarted(id);
      else await navigate({ to: "/runs/$runId", params: { runId: id } });
    },
  });
  const submit = () =>
    by === "form"
      ? form.current?.querySelector("form")?.requestSubmit()
      : begin.mutate({ input: JSON.parse(text) });
  const switchTo = (next: string) => {
    if (next === "json" && data !== undefined) setText(JSON.stringify(data, null, 2));
    if (next === "form") setData(parsed(text) ?? data);
    setBy(next);
  };
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {lead}
      </Text>
      {hasFields && (
        <SegmentedControl size="xs" aria-label="Input as" value={by} onChange={switchTo} data={WAYS} />
      )}
      {by === "form" ? (
        <Suspense fallback={<Loader size="sm" />}>
          <SchemaForm
            formRef={form}
            schema={schema}
            data={data}
            onChange={setData}
            onSubmit={(input) => begin.mutate({ input })}
          />
          <Arrived onArrived={setFormReady} />
        </Suspense>
      ) : (
        <JsonInput label="Input" value={text} onChange={setText} />
      )}
      <Refusal
        error={begin.error}
        onConfirm={() => begin.mutate({ input: begin.variables?.input, confirmed: true })}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Leave it
        </Button>
        <Button
          onClick={submit}
          loading={begin.isPending}
          disabled={by === "json" ? parsed(text) === undefined : !formReady}
        >
          Start
        </Button>
      </Group>
    </Stack>
  );
}

/** Tells when what is loaded beside it has come, and when it is gone. */
function Arrived({ onArrived }: { onArrived: (here: boolean) => void }) {
  useEffect(() => {
    onArrived(true);
    return () => onArrived(false);
  }, [onArrived]);
  return null;
}

const WAYS = [
  { value: "form", label: "Form" },
  { value: "json", label: "JSON" },
];

interface RefusalProps {
  error: Error | null;
  onConfirm: () => void;
}

/** Why the run did not start. A test that would change something outside may be confirmed. */
function Refusal({ error, onConfirm }: RefusalProps) {
  if (error === null) return null;
  const problem = error instanceof ApiError ? error.problem : undefined;
  const effects = problem?.details.side_effects;
  const confirmable = effects !== undefined;
  return (
    <Alert color={confirmable ? "yellow" : "red"} p="sm" role="alert">
      {confirmable ? `This changes something outside, for real: ${namesIn(effects)}.` : sentenceOf(error)}
      {!confirmable &&
        problem?.errors.map(({ field, message }) => (
          <Text key={field + message} size="sm">
            {field || "Input"}: {message}
          </Text>
        ))}
      {confirmable && (
        <Button size="xs" mt="xs" onClick={onConfirm}>
          Start all the same
        </Button>
      )}
    </Alert>
  );
}

/** The steps that would change something. */
function namesIn(effects: unknown): string {
  const steps = Array.isArray(effects) ? effects : [];
  return steps.map((effect: { node?: unknown }) => String(effect.node)).join(", ");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
