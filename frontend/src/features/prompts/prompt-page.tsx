import { ActionIcon, Button, Code, Menu, Modal, Select, Tabs, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import type { Prompt } from "@/api/generated/perdure.schemas";
import { deletePrompt } from "@/api/generated/prompts";
import { may, meQuery } from "@/api/queries/account";
import { promptKeys, promptQuery, promptVersionQuery } from "@/api/queries/prompts";
import { ErrorPanel } from "@/components/error-panel";
import { LineDiff } from "@/components/line-diff";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { notifyFailure } from "@/lib/notify";
import { NewVersionDialog } from "./new-version-dialog";
import { PromptTrial } from "./prompt-trial";
import { PromptUses } from "./prompt-uses";
import classes from "./prompts.module.css";
import { piecesOf } from "./variables";
import { VersionRows } from "./version-rows";

/** A prompt: its text at each version, which labels name which, and who uses it. */
export function PromptPage() {
  const { name } = useParams({ from: "/shell/prompts/$name" });
  const prompt = useQuery(promptQuery(name));
  if (prompt.data) return <Shown key={name} prompt={prompt.data} />;
  return (
    <Page title="Prompt">
      {prompt.error ? (
        <ErrorPanel error={prompt.error} onRetry={() => void prompt.refetch()} />
      ) : (
        <LoadingRows />
      )}
    </Page>
  );
}

function Shown({ prompt }: { prompt: Prompt }) {
  const { data: me } = useQuery(meQuery);
  const [chosen, choose] = useState<number | null>(null);
  const [writing, write] = useDisclosure(false);
  const version = chosen ?? prompt.latest;
  const edits = may(me, "workflows:edit");
  return (
    <Page
      title={prompt.name}
      crumbs={
        <LinkAnchor to="/prompts" inherit>
          Prompts
        </LinkAnchor>
      }
      actions={
        edits && (
          <>
            <Button leftSection={<IconPencil size={16} />} onClick={write.open}>
              New version
            </Button>
            <PromptMenu name={prompt.name} />
          </>
        )
      }
    >
      {prompt.description && <p className={classes.detail}>{prompt.description}</p>}
      <div className={classes.sides}>
        <Tabs defaultValue="text" keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="text">Text</Tabs.Tab>
            <Tabs.Tab value="diff">Differences</Tabs.Tab>
            <Tabs.Tab value="trial">Compare answers</Tabs.Tab>
            <Tabs.Tab value="uses">Used by</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="text">
            <VersionText name={prompt.name} version={version} />
          </Tabs.Panel>
          <Tabs.Panel value="diff">
            <Differences prompt={prompt} after={version} />
          </Tabs.Panel>
          <Tabs.Panel value="trial">
            <PromptTrial prompt={prompt} version={version} />
          </Tabs.Panel>
          <Tabs.Panel value="uses">
            <PromptUses name={prompt.name} />
          </Tabs.Panel>
        </Tabs>
        <VersionRows prompt={prompt} shown={version} onShow={choose} labels={may(me, "workflows:publish")} />
      </div>
      <Modal opened={writing} onClose={write.close} title="New version" size="lg">
        <NewVersionDialog
          name={prompt.name}
          from={version}
          onWritten={(written) => {
            choose(written);
            write.close();
          }}
        />
      </Modal>
    </Page>
  );
}

interface VersionProps {
  name: string;
  version: number;
}

function VersionText({ name, version }: VersionProps) {
  const { data, error } = useQuery(promptVersionQuery(name, version));
  if (error) return <ErrorPanel error={error} />;
  if (!data) return <LoadingRows rows={3} />;
  return (
    <section className={classes.part} aria-label={`Text of version ${version}`}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <p className={classes.text} tabIndex={0}>
        {piecesOf(data.text).map(({ text, variable }, index) =>
          variable ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: a piece is what stands at its place
            <span key={index} className={classes.variable}>
              {text}
            </span>
          ) : (
            text
          ),
        )}
      </p>
      <p className={classes.detail}>
        {data.variables.length === 0 ? "It has no variables." : `Variables: ${data.variables.join(", ")}.`}{" "}
        Agents and steps name it by <Code>{`{$prompt: ${name}@production}`}</Code>, with{" "}
        <Code>variables</Code> beside it.
      </p>
    </section>
  );
}

function Differences({ prompt, after }: { prompt: Prompt; after: number }) {
  const others = prompt.versions.map(({ version }) => version).filter((version) => version !== after);
  const [chosen, choose] = useState<number | null>(null);
  const before =
    chosen !== null && chosen !== after ? chosen : (others.find((one) => one < after) ?? others[0]);
  const old = useQuery({
    ...promptVersionQuery(prompt.name, before ?? after),
    enabled: before !== undefined,
  });
  const now = useQuery(promptVersionQuery(prompt.name, after));
  if (before === undefined) return <p className={classes.detail}>There is only one version.</p>;
  return (
    <section className={classes.part} aria-label="Differences">
      <div className={classes.head}>
        <Title order={3}>Version {after}</Title>
        <Select
          size="xs"
          aria-label="Compared with"
          data={others.map((version) => ({
            value: String(version),
            label: `compared with version ${version}`,
          }))}
          value={String(before)}
          allowDeselect={false}
          onChange={(value) => choose(Number(value))}
        />
      </div>
      {old.data && now.data && (
        <>
          <LineDiff
            label={`From version ${before} to ${after}`}
            before={old.data.text}
            after={now.data.text}
          />
          <p className={classes.detail}>{variableWords(old.data.variables, now.data.variables)}</p>
        </>
      )}
    </section>
  );
}

function variableWords(before: readonly string[], after: readonly string[]): string {
  const added = after.filter((name) => !before.includes(name));
  const removed = before.filter((name) => !after.includes(name));
  if (added.length + removed.length === 0) return "The variables are the same.";
  return [
    added.length > 0 && `New variables: ${added.join(", ")}.`,
    removed.length > 0 && `Variables that are gone: ${removed.join(", ")}.`,
  ]
    .filter(Boolean)
    .join(" ");
}

function PromptMenu({ name }: { name: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => deletePrompt(name),
    onSuccess: async () => {
      await navigate({ to: "/prompts" });
      void client.invalidateQueries({ queryKey: [...promptKeys.all, "list"] });
    },
    onError: (error) => notifyFailure("The prompt stays", error),
  });
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label="Actions of the prompt">
          <IconDots size={17} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => remove.mutate()}>
          Delete, if nothing uses it
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
