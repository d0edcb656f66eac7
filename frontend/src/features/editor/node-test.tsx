import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconPin, IconPlayerPlay, IconPlayerTrackNext } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useContext, useState } from "react";
import type { NodeTest as Outcome } from "@/api/generated/perdure.schemas";
import { testNode } from "@/api/generated/workflows";
import { ApiError, sentenceOf } from "@/api/problem";
import { JsonInput } from "@/components/json-input";
import { JsonView } from "@/components/json-view";
import { LinkAnchor } from "@/components/links";
import { StatusBadge } from "@/components/status";
import { duration, money, plural, spanOf } from "@/lib/format";
import type { DocumentNode } from "@/lib/graph/document";
import { splitPath } from "./document-edits";
import { edit, useEditor } from "./editor-store";
import { readsOf } from "./node-reads";
import { PinnedOutputForm } from "./pinned-output";
import { isPinnable, withPin } from "./pins";
import { recordedKey, type SampleData } from "./sample-data";
import { TestedStep } from "./tested-step";
import { SampleContext } from "./use-live-value";

interface Props {
  path: string;
  node: DocumentNode;
  ports: readonly string[];
  onRunFrom: () => void;
}

interface Given {
  input?: unknown;
  outputs?: Record<string, unknown>;
  item?: unknown;
}

/** Trying out one step: what it reads, what it gives, and its pinned output. */
export function NodeTest({ path, node, ports, onRunFrom }: Props) {
  const sample = useContext(SampleContext);
  const [own, setOwn] = useState<string | null>(null);
  const text = own ?? JSON.stringify(givenTo(node, sample), null, 2);
  const given = parsed(text);
  const test = useTest(node, sample);
  const run = (confirm = false) => given && test.mutate({ given, confirm });
  return (
    <Stack gap="md">
      <TestedStep path={path} />
      <PinnedOutputForm path={path} ports={ports} />
      <div>
        <JsonInput
          label="What it reads"
          description="From pinned outputs and the latest runs; may be changed for this test."
          value={text}
          onChange={setOwn}
          minRows={3}
        />
        {own !== null && (
          <Button size="compact-xs" variant="subtle" mt={4} onClick={() => setOwn(null)}>
            Back to what is known
          </Button>
        )}
      </div>
      <Group gap="xs">
        <Button
          size="xs"
          leftSection={<IconPlayerPlay size={15} />}
          loading={test.isPending}
          disabled={given === null}
          onClick={() => run()}
        >
          Test this step
        </Button>
        {isPinnable(path) && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlayerTrackNext size={15} />}
            onClick={onRunFrom}
          >
            Run from here
          </Button>
        )}
      </Group>
      <Refusal error={test.error} onConfirm={() => run(true)} />
      {test.data && <Result outcome={test.data} path={path} />}
    </Stack>
  );
}

function useTest(node: DocumentNode, sample: SampleData | null) {
  const slug = useEditor((editor) => editor.slug);
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ given, confirm }: { given: Given; confirm: boolean }) =>
      testNode(slug, {
        node,
        input: given.input ?? {},
        outputs: given.outputs ?? {},
        vars: sample?.vars ?? {},
        ...(sample?.item ? { item: given.item, index: sample.item.index } : {}),
        confirm,
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: recordedKey(slug) }),
  });
}

/** Only what the step reads: nobody wants to look through the rest. */
function givenTo(node: DocumentNode, sample: SampleData | null): Given {
  const read = readsOf(node).map((id) => [id, sample?.outputs[id] ?? null] as const);
  const text = JSON.stringify(node.with ?? {});
  return {
    ...(/\binput\b/.test(text) ? { input: sample?.input ?? {} } : {}),
    ...(read.length > 0 ? { outputs: Object.fromEntries(read) } : {}),
    ...(sample?.item ? { item: sample.item.item } : {}),
  };
}

function parsed(text: string): Given | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Why the step was not tested. One that would change something outside may be confirmed. */
function Refusal({ error, onConfirm }: { error: Error | null; onConfirm: () => void }) {
  if (error === null) return null;
  const problem = error instanceof ApiError ? error.problem : undefined;
  const confirmable = problem?.details.side_effects !== undefined;
  return (
    <Alert color={confirmable ? "yellow" : "red"} p="sm" role="alert">
      {confirmable ? "This step changes something outside, for real." : sentenceOf(error)}
      {problem?.faults.map(({ message }) => (
        <Text key={message} size="sm">
          {message}
        </Text>
      ))}
      {confirmable && (
        <Button size="xs" mt="xs" onClick={onConfirm}>
          Test all the same
        </Button>
      )}
    </Alert>
  );
}

function Result({ outcome, path }: { outcome: Outcome; path: string }) {
  const { status, error, output, run_id: runId, port } = outcome;
  const done = status === "completed";
  const pin = () =>
    edit((document) =>
      withPin(document, splitPath(path).id, { output, ...(port === "out" ? {} : { port }) }),
    );
  return (
    <section aria-label="Outcome">
      <Group gap="sm" mb="xs">
        <StatusBadge status={status} />
        <Text size="xs" c="dimmed" className="numbers">
          {factsOf(outcome)}
        </Text>
        <LinkAnchor to="/runs/$runId" params={{ runId }} size="xs" ml="auto">
          Open its run
        </LinkAnchor>
      </Group>
      {error && (
        <Text size="sm" c="red">
          {error.message}
        </Text>
      )}
      {done && <JsonView label="Output" value={output} empty="Nothing." />}
      {done && isPinnable(path) && (
        <Button size="compact-sm" variant="light" mt="xs" leftSection={<IconPin size={14} />} onClick={pin}>
          Pin this output
        </Button>
      )}
    </section>
  );
}

function factsOf({ started_at, ended_at, cost_usd, tokens_in, tokens_out, port }: Outcome): string {
  const took = ended_at === null ? null : spanOf(started_at, ended_at, 0);
  const tokens = tokens_in + tokens_out;
  return [
    took === null ? null : duration(took),
    tokens > 0 ? plural(tokens, "token") : null,
    cost_usd > 0 ? money(cost_usd) : null,
    port && port !== "out" ? `leaves through ${port}` : null,
  ]
    .filter(Boolean)
    .join(" · ");
}
