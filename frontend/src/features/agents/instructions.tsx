import { Group, SegmentedControl, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { promptQuery, promptsQuery, promptVersionQuery } from "@/api/queries/prompts";
import { CodeEditor } from "@/components/code/code-editor";
import { LinkAnchor } from "@/components/links";
import { isRecord } from "@/lib/graph/document";
import classes from "./agent-page.module.css";
import { textOf } from "./config-text";
import { type PromptUse, promptUse, writtenUse } from "./prompt-use";

interface Props {
  value: unknown;
  fault: string | undefined;
  onChange: (value: unknown) => void;
}

/** What an agent has to do: written here, or a prompt of the workspace by its label. */
export function Instructions({ value, fault, onChange }: Props) {
  const use = promptUse(value);
  return (
    <div className={classes.part}>
      <Group justify="flex-end">
        <SegmentedControl
          size="xs"
          aria-label="Where the instructions stand"
          data={[
            { value: "here", label: "Written here" },
            { value: "store", label: "From the prompts" },
          ]}
          value={use === null ? "here" : "store"}
          onChange={(way) =>
            onChange(way === "here" ? "" : writtenUse({ name: "", at: "production", variables: {} }))
          }
        />
      </Group>
      {use === null ? (
        <CodeEditor
          label="Instructions"
          description="Who it is, what it has to do, and what it must not. Markdown."
          language="markdown"
          error={fault}
          value={textOf(value)}
          onChange={onChange}
        />
      ) : (
        <FromStore use={use} fault={fault} onChange={(next) => onChange(writtenUse(next))} />
      )}
    </div>
  );
}

interface StoreProps {
  use: PromptUse;
  fault: string | undefined;
  onChange: (use: PromptUse) => void;
}

function FromStore({ use, fault, onChange }: StoreProps) {
  const prompts = useInfiniteQuery(promptsQuery);
  const known = prompts.data?.pages.flatMap(({ items }) => items) ?? [];
  const prompt = useQuery({ ...promptQuery(use.name), enabled: use.name !== "" });
  const version =
    prompt.data?.labels.find(({ label }) => label === use.at)?.version ?? (Number(use.at) || undefined);
  const text = useQuery({
    ...promptVersionQuery(use.name, version ?? 1),
    enabled: use.name !== "" && version !== undefined,
  });
  const labels = prompt.data?.labels.map(({ label }) => label) ?? [];
  const versions = prompt.data?.versions.map((one) => String(one.version)) ?? [];
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select
          label="Prompt"
          searchable
          allowDeselect={false}
          error={fault}
          data={known.map(({ name }) => name)}
          value={use.name || null}
          onChange={(name) => name && onChange({ ...use, name, variables: {} })}
        />
        <Select
          label="Label or version"
          description="What it names when the agent is published."
          allowDeselect={false}
          data={[
            { group: "Labels", items: [...new Set(["production", ...labels])] },
            { group: "Versions", items: versions },
          ]}
          value={use.at}
          onChange={(at) => at && onChange({ ...use, at })}
        />
        {(text.data?.variables ?? []).map((name) => (
          <TextInput
            key={name}
            label={`{${name}}`}
            value={textOf(use.variables[name])}
            onChange={({ currentTarget: { value } }) =>
              onChange({ ...use, variables: { ...use.variables, [name]: value } })
            }
          />
        ))}
      </SimpleGrid>
      {use.name !== "" && (
        <p className={classes.detail}>
          {isRecord(text.data) && textOf(text.data.text).slice(0, 400)}{" "}
          <LinkAnchor to="/prompts/$name" params={{ name: use.name }} inherit>
            Open the prompt
          </LinkAnchor>
        </p>
      )}
    </>
  );
}
