import { Button, Select, SimpleGrid, Text, Textarea, TextInput } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { NodeTest, Prompt } from "@/api/generated/perdure.schemas";
import { getPromptVersion } from "@/api/generated/prompts";
import { testNode } from "@/api/generated/workflows";
import { workflowsQuery } from "@/api/queries/workflows";
import { FormAlert } from "@/components/form/form-alert";
import { LinkAnchor } from "@/components/links";
import { Markdown } from "@/components/markdown";
import { StatusBadge } from "@/components/status";
import { money, plural } from "@/lib/format";
import classes from "./prompts.module.css";
import { rendered } from "./variables";

interface Props {
  prompt: Prompt;
  version: number;
}

interface Asked {
  version: number;
  test: NodeTest;
}

/** What a model answers with one version and with another, side by side; each answer is a run. */
export function PromptTrial({ prompt, version }: Props) {
  const others = prompt.versions.map((one) => one.version).filter((one) => one !== version);
  const workflows = useInfiniteQuery(workflowsQuery());
  const [other, setOther] = useState<number | null>(null);
  const [host, setHost] = useState<string | null>(null);
  const [question, setQuestion] = useState("");
  const [model, setModel] = useState("default");
  const [values, setValues] = useState<Record<string, string>>({});
  const known = workflows.data?.pages.flatMap(({ items }) => items) ?? [];
  const beside = other !== null && others.includes(other) ? other : null;
  const under = host ?? known[0]?.slug ?? null;
  const shown = [version, ...(beside === null ? [] : [beside])];
  const variables = new Set(
    prompt.versions.filter((one) => shown.includes(one.version)).flatMap((one) => one.variables),
  );
  const ask = useMutation({
    mutationFn: () =>
      Promise.all(
        shown.map((one) => asked(prompt.name, one, { under: under ?? "", question, model, values })),
      ),
  });
  if (workflows.data && known.length === 0)
    return <p className={classes.detail}>Make a workflow first: tests are counted among its runs.</p>;
  return (
    <section className={classes.part} aria-label="Compare answers">
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label="Compared with"
          placeholder={others.length === 0 ? "There is only one version" : "No other version"}
          clearable
          clearButtonProps={{ "aria-label": "No other version" }}
          data={others.map((one) => ({ value: String(one), label: `Version ${one}` }))}
          value={beside === null ? null : String(beside)}
          onChange={(value) => setOther(value === null ? null : Number(value))}
        />
        <TextInput label="Model" value={model} onChange={(event) => setModel(event.currentTarget.value)} />
        {[...variables].map((name) => (
          <TextInput
            key={name}
            label={`{${name}}`}
            value={values[name] ?? ""}
            onChange={({ currentTarget: { value } }) => setValues((before) => ({ ...before, [name]: value }))}
          />
        ))}
        <Select
          label="Counted among the runs of"
          searchable
          allowDeselect={false}
          data={known.map(({ slug, name }) => ({ value: slug, label: name }))}
          value={under}
          onChange={setHost}
        />
      </SimpleGrid>
      <Textarea
        label="Message"
        description="The prompt stands before it as instructions."
        autosize
        minRows={2}
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
      />
      <Button
        w="fit-content"
        leftSection={<IconPlayerPlay size={15} />}
        loading={ask.isPending}
        disabled={question.trim() === "" || under === null}
        onClick={() => ask.mutate()}
      >
        Ask
      </Button>
      <FormAlert error={ask.error} />
      {ask.data && (
        <SimpleGrid cols={{ base: 1, sm: ask.data.length }}>
          {ask.data.map((one) => (
            <Answer key={one.version} {...one} />
          ))}
        </SimpleGrid>
      )}
    </section>
  );
}

interface Question {
  under: string;
  question: string;
  model: string;
  values: Record<string, string>;
}

async function asked(name: string, version: number, given: Question): Promise<Asked> {
  const { text } = await getPromptVersion(name, version);
  const config = {
    model: given.model.trim() || "default",
    system: rendered(text, given.values),
    prompt: given.question,
  };
  const node = { id: "ask", kind: "llm", name: `${name} v${version}`, with: config };
  return { version, test: await testNode(given.under, { node, wait_seconds: 60 }) };
}

function Answer({ version, test }: Asked) {
  const said = (test.output as { text?: unknown } | null)?.text;
  return (
    <section className={classes.part} aria-label={`Answer of version ${version}`}>
      <div className={classes.head}>
        <b>Version {version}</b>
        <StatusBadge status={test.status} />
      </div>
      <div className={classes.text}>
        {test.error ? test.error.message : <Markdown text={typeof said === "string" ? said : ""} />}
      </div>
      <Text size="xs" c="dimmed">
        {plural(test.tokens_in + test.tokens_out, "token")} · {money(test.cost_usd)} ·{" "}
        <LinkAnchor to="/runs/$runId" params={{ runId: test.run_id }} inherit>
          Open the run
        </LinkAnchor>
      </Text>
    </section>
  );
}
