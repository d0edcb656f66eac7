import { Button, Group, Modal, MultiSelect, Select, Stack, Text } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import type { Run } from "@/api/generated/perdure.schemas";
import { forkRun } from "@/api/generated/runs";
import { runKeys, stepsOf } from "@/api/queries/runs";
import { versionQuery } from "@/api/queries/workflows";
import { FormAlert } from "@/components/form/form-alert";
import { JsonInput } from "@/components/json-input";
import { useRun } from "@/components/live-run/run-store";
import { type DocumentNode, graphIn } from "@/lib/graph/document";
import { notifyDone } from "@/lib/notify";
import { type ForkedTurn, ForkTurn, hasTurns, toldTurn } from "./fork-turn";

interface Props {
  run: Run;
  /** Where from; null if that is still to be chosen. */
  node: string | null;
  onClose: () => void;
}

/** Starts another run from a step of this one, with another input or other results of earlier steps if need be. */
export function ForkDialog({ run, node, onClose }: Props) {
  return (
    <Modal opened onClose={onClose} title="Fork this run" size="lg">
      <ForkForm run={run} node={node} onClose={onClose} />
    </Modal>
  );
}

function ForkForm({ run, node: first, onClose }: Props) {
  const { data: version } = useQuery(versionQuery(run.workflow, run.version));
  const nodes = useMemo(() => graphIn(version?.document).nodes, [version]);
  const [node, setNode] = useState(first);
  const [input, setInput] = useState(() => JSON.stringify(run.input, null, 2));
  const [outputs, setOutputs] = useState<Record<string, string>>({});
  const [turn, setTurn] = useState<ForkedTurn | null>(null);
  const fork = useFork(run, onClose);
  const valid = [input, ...Object.values(outputs), turn?.messages ?? "null"].every(isJson);
  const chosen = nodes.find(({ id }) => id === node);
  return (
    <Stack>
      <Text size="sm">
        A new run of the same version takes over what was finished before the step, and runs everything from
        there anew. It asks for every approval again.
      </Text>
      <Select
        label="From the step"
        placeholder="Choose a step"
        searchable
        data={nodes.map(optionOf)}
        value={node}
        onChange={(next) => {
          setNode(next);
          setTurn(null);
        }}
      />
      {hasTurns(chosen) && <ForkTurn run={run} node={chosen} value={turn} onChange={setTurn} />}
      <JsonInput label="Input" minRows={3} value={input} onChange={setInput} />
      <EditedOutputs
        run={run}
        nodes={nodes.filter(({ id }) => id !== node)}
        outputs={outputs}
        onChange={setOutputs}
      />
      <FormAlert error={fork.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Leave it
        </Button>
        <Button
          disabled={node === null || !valid}
          loading={fork.isPending}
          onClick={() => node && fork.mutate({ node, input, outputs, turn })}
        >
          Fork
        </Button>
      </Group>
    </Stack>
  );
}

interface Edited {
  node: string;
  input: string;
  /** By node, as JSON. */
  outputs: Record<string, string>;
  turn: ForkedTurn | null;
}

function useFork(run: Run, onClose: () => void) {
  const navigate = useNavigate();
  return useMutation({
    mutationFn: ({ node, input, outputs, turn }: Edited) =>
      forkRun(run.id, {
        node,
        input: JSON.parse(input),
        outputs: Object.fromEntries(Object.entries(outputs).map(([id, text]) => [id, JSON.parse(text)])),
        ...toldTurn(turn),
      }),
    onSuccess: async (forked) => {
      onClose();
      notifyDone("The fork has started.");
      await navigate({ to: "/runs/$runId", params: { runId: forked.id } });
    },
  });
}

interface OutputsProps {
  run: Run;
  nodes: DocumentNode[];
  outputs: Record<string, string>;
  onChange: (outputs: Record<string, string>) => void;
}

/** Results of finished steps that the fork is to find changed. */
function EditedOutputs({ run, nodes, outputs, onChange }: OutputsProps) {
  const client = useQueryClient();
  const tallies = useRun((state) => state.live.nodes);
  const finished = nodes.filter(({ id }) => (tallies[id]?.counts.completed ?? 0) > 0);
  const names = new Map(nodes.map(({ id, name }) => [id, name || id]));
  async function choose(ids: string[]): Promise<void> {
    const texts = await Promise.all(
      ids.map((id) => outputs[id] ?? client.fetchQuery(outputQuery(run.id, id)).catch(() => "null")),
    );
    onChange(Object.fromEntries(ids.map((id, index) => [id, texts[index] ?? "null"])));
  }
  if (finished.length === 0) return null;
  return (
    <>
      <MultiSelect
        label="Results to change"
        description="What earlier steps are taken to have given, instead of what they gave."
        placeholder={Object.keys(outputs).length === 0 ? "None" : ""}
        searchable
        data={finished.map(optionOf)}
        value={Object.keys(outputs)}
        onChange={(ids) => void choose(ids)}
      />
      {Object.entries(outputs).map(([id, text]) => (
        <JsonInput
          key={id}
          label={`Result of ${names.get(id) ?? id}`}
          minRows={3}
          value={text}
          onChange={(value) => onChange({ ...outputs, [id]: value })}
        />
      ))}
    </>
  );
}

function outputQuery(run: string, node: string) {
  return queryOptions({
    queryKey: [...runKeys.one(run), "output", node] as const,
    queryFn: async ({ signal }) => {
      let output: unknown = null;
      for await (const step of stepsOf(run, signal, node)) output = step.output;
      return JSON.stringify(output ?? null, null, 2);
    },
  });
}

function optionOf({ id, name }: DocumentNode) {
  return { value: id, label: name ? `${name} (${id})` : id };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
