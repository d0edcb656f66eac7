import { Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Hook, HookDelivery, PreviewHook } from "@/api/generated/perdure.schemas";
import { sentenceOf } from "@/api/problem";
import { JsonInput } from "@/components/json-input";
import { JsonView } from "@/components/json-view";
import { lookOf, StatusBadge } from "@/components/status";
import { moment } from "@/lib/format";
import { type HookDraft, hookSettingsOf } from "./hook-draft";
import { deliveriesQuery, deliveryQuery, previewQuery } from "./queries";
import classes from "./triggers.module.css";

const SAMPLE = '{"order": {"id": "A-7", "amount": 120}}';
const OWN = "own";

interface Props {
  draft: HookDraft;
  set: (change: Partial<HookDraft>) => void;
  workflow: string;
  hook: Hook | undefined;
}

/** From what comes in to the input of a run, tried on what came in before while it is written. */
export function HookMapping({ draft, set, workflow, hook }: Props) {
  return (
    <Stack gap="sm">
      <JsonInput
        label="Mapping"
        description="JSON; texts in it read body, headers, query and hook, such as {{ body.order.id }}."
        value={draft.mapping}
        onChange={(mapping) => set({ mapping })}
        minRows={2}
      />
      <TextInput
        label="Only if"
        description="An expression such as body.amount > 100; empty lets everything start a run."
        value={draft.filter}
        onChange={(e) => set({ filter: e.currentTarget.value })}
      />
      {draft.kind !== "form" && (
        <TextInput
          label="Id of a delivery"
          description="An expression such as body.event.id, where the sender does not tell it in the usual way; of deliveries with one id the first counts."
          value={draft.deliveryId}
          onChange={(e) => set({ deliveryId: e.currentTarget.value })}
        />
      )}
      <Trial draft={draft} workflow={workflow} hook={hook} />
    </Stack>
  );
}

function Trial({ draft, workflow, hook }: Omit<Props, "set">) {
  const recorded = useRecorded(hook);
  const [chosen, setChosen] = useState<string | null>(null);
  const [sample, setSample] = useState(SAMPLE);
  const on = chosen ?? recorded[0]?.id ?? OWN;
  const settings = hookSettingsOf(draft);
  const tried = on === OWN ? sampleOf(sample) : { delivery: on };
  const body = settings && tried ? { workflow, settings, ...tried } : null;
  const options = [...recorded.map(optionOf), { value: OWN, label: "Something of my own" }];
  return (
    <section className={classes.trial} aria-label="Try it on">
      <Select
        label="Try it on"
        data={options}
        value={on}
        allowDeselect={false}
        onChange={(value) => setChosen(value)}
      />
      {on === OWN ? (
        <JsonInput label="Body" value={sample} onChange={setSample} minRows={2} />
      ) : (
        hook && <Recorded hook={hook.id} delivery={on} />
      )}
      <Outcome body={body} />
    </section>
  );
}

/** What came in before and was kept. */
function useRecorded(hook: Hook | undefined): HookDelivery[] {
  const read = useInfiniteQuery({
    ...deliveriesQuery(hook?.id ?? "", undefined),
    enabled: hook !== undefined,
  });
  const items = read.data?.pages.flatMap((page) => page.items) ?? [];
  return items.filter(({ status }) => status !== "refused");
}

function Recorded({ hook, delivery }: { hook: string; delivery: string }) {
  const { data } = useQuery(deliveryQuery(hook, delivery));
  return data ? <JsonView label="Body" value={data.body} /> : null;
}

function Outcome({ body }: { body: PreviewHook | null }) {
  const [settled] = useDebouncedValue(JSON.stringify(body), 300);
  const asked = JSON.parse(settled) as PreviewHook;
  const preview = useQuery({ ...previewQuery(asked), enabled: asked !== null });
  if (body === null) return <Text size="sm">The mapping, or the body, is no JSON yet.</Text>;
  if (preview.isError)
    return (
      <Text size="sm" c="red" role="status">
        {sentenceOf(preview.error)}
      </Text>
    );
  if (!preview.data) return null;
  const { starts, ignored, delivery_id, input, problem } = preview.data;
  return (
    <div role="status">
      <Group gap="xs" mb={4}>
        <StatusBadge status={starts ? "completed" : ignored ? "skipped" : "failed"} />
        <Text size="sm">
          {starts ? "It starts a run" : ignored ? "The condition keeps it out" : problem}
          {delivery_id !== null && `, known as ${delivery_id}`}
        </Text>
      </Group>
      {(starts || input !== null) && <JsonView label="Input" value={input} />}
    </div>
  );
}

function optionOf({ id, received_at, status }: HookDelivery) {
  return { value: id, label: `${moment(received_at)}, ${lookOf(status).label}` };
}

function sampleOf(text: string): Pick<PreviewHook, "sample"> | null {
  try {
    return { sample: { body: JSON.parse(text) as unknown } };
  } catch {
    return null;
  }
}
