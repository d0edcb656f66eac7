import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Menu,
  Modal,
  TextInput,
  Title,
  UnstyledButton,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconTag, IconX } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Prompt, PromptVersionSummary } from "@/api/generated/perdure.schemas";
import { removePromptLabel, setPromptLabel } from "@/api/generated/prompts";
import { promptKeys } from "@/api/queries/prompts";
import { Timestamp } from "@/components/timestamp";
import { notifyDone, notifyFailure } from "@/lib/notify";
import classes from "./prompts.module.css";

const USUAL = ["production", "staging"];
const LABEL = /^[a-z][a-z0-9_-]{0,49}$/;

interface Props {
  prompt: Prompt;
  shown: number;
  onShow: (version: number) => void;
  /** Whether labels may be moved. */
  labels: boolean;
}

/** The versions of a prompt, the newest first, with the labels that name them. */
export function VersionRows({ prompt, shown, onShow, labels }: Props) {
  const change = useLabels(prompt.name);
  return (
    <section className={classes.part} aria-label="Versions">
      <Title order={2}>Versions</Title>
      <ol className={classes.list} aria-label="Versions">
        {prompt.versions.map((version) => (
          <li
            key={version.version}
            className={classes.row}
            data-shown={version.version === shown || undefined}
          >
            <UnstyledButton
              className={`${classes.what} ${classes.whole}`}
              aria-pressed={version.version === shown}
              onClick={() => onShow(version.version)}
            >
              <b>v{version.version}</b> {version.note}
              <div className={classes.detail}>
                {version.created_by}, <Timestamp at={version.created_at} />
              </div>
            </UnstyledButton>
            <div className={classes.labels}>
              {prompt.labels
                .filter((label) => label.version === version.version)
                .map(({ label }) => (
                  <Badge
                    key={label}
                    tt="none"
                    rightSection={
                      labels && (
                        <ActionIcon
                          size={14}
                          variant="transparent"
                          c="inherit"
                          aria-label={`Take the label ${label} away`}
                          onClick={() => change.mutate({ label, version: null })}
                        >
                          <IconX size={11} />
                        </ActionIcon>
                      )
                    }
                  >
                    {label}
                  </Badge>
                ))}
              {labels && (
                <LabelMenu
                  version={version}
                  onChoose={(label) => change.mutate({ label, version: version.version })}
                />
              )}
            </div>
          </li>
        ))}
      </ol>
      <p className={classes.detail}>
        A label says which version is taken at the next publishing; what is published keeps its text.
      </p>
    </section>
  );
}

interface Change {
  label: string;
  /** Null takes it away. */
  version: number | null;
}

function useLabels(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ label, version }: Change) => {
      if (version === null) await removePromptLabel(name, label);
      else await setPromptLabel(name, label, { version });
    },
    onSuccess: (_, { label, version }) =>
      notifyDone(version === null ? `The label ${label} is gone.` : `${label} is version ${version} now.`),
    onError: (error) => notifyFailure("The labels stay", error),
    onSettled: () => client.invalidateQueries({ queryKey: promptKeys.all }),
  });
}

interface MenuProps {
  version: PromptVersionSummary;
  onChoose: (label: string) => void;
}

function LabelMenu({ version, onChoose }: MenuProps) {
  const [naming, name] = useDisclosure(false);
  const [text, setText] = useState("");
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon size="sm" aria-label={`Labels of version ${version.version}`}>
            <IconDots size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {USUAL.map((label) => (
            <Menu.Item key={label} leftSection={<IconTag size={15} />} onClick={() => onChoose(label)}>
              Make it {label}
            </Menu.Item>
          ))}
          <Menu.Item onClick={name.open}>Another label …</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={name.close} title={`Label of version ${version.version}`}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            name.close();
            onChoose(text);
          }}
        >
          <TextInput
            label="Label"
            description="Small letters, digits, - and _."
            data-autofocus
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Group justify="flex-end" mt="md">
            <Button type="submit" disabled={!LABEL.test(text)}>
              Set
            </Button>
          </Group>
        </form>
      </Modal>
    </>
  );
}
