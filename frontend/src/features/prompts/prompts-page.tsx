import { Badge, Button, Modal, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconBlockquote, IconPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { PromptSummary } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { promptsQuery } from "@/api/queries/prompts";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { CreatePromptDialog } from "./create-prompt-dialog";
import classes from "./prompts.module.css";

/** All prompts of the workspace. */
export function PromptsPage() {
  const { data: me } = useQuery(meQuery);
  const [creating, create] = useDisclosure(false);
  const edits = may(me, "workflows:edit");
  return (
    <Page
      title="Prompts"
      actions={
        edits && (
          <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
            New prompt
          </Button>
        )
      }
    >
      <Listed onCreate={edits ? create.open : null} />
      <Modal opened={creating} onClose={create.close} title="New prompt" size="lg">
        <CreatePromptDialog onClose={create.close} />
      </Modal>
    </Page>
  );
}

interface Props {
  /** Begins a prompt; null for who may not. */
  onCreate: (() => void) | null;
}

function Listed({ onCreate }: Props) {
  const prompts = useInfiniteQuery(promptsQuery);
  const [text, setText] = useState("");
  if (prompts.isPending) return <LoadingRows />;
  if (prompts.isError) return <ErrorPanel error={prompts.error} onRetry={() => void prompts.refetch()} />;
  const items = prompts.data.pages.flatMap((page) => page.items);
  if (items.length === 0)
    return (
      <EmptyState
        icon={IconBlockquote}
        title="No prompt yet"
        action={onCreate && <Button onClick={onCreate}>Write the first one</Button>}
      >
        A prompt is written once and used by many agents and workflows. Each change is a version; labels such
        as production say which one is taken when something is published.
      </EmptyState>
    );
  const word = text.trim().toLowerCase();
  const fitting = items.filter(({ name, description }) =>
    `${name} ${description}`.toLowerCase().includes(word),
  );
  return (
    <>
      <TextInput
        size="xs"
        w={260}
        aria-label="Search"
        placeholder="Name or description"
        leftSection={<IconSearch size={14} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      {fitting.length === 0 ? (
        <p className={classes.detail}>No prompt fits.</p>
      ) : (
        <ul className={classes.list} aria-label="Prompts">
          {fitting.map((prompt) => (
            <PromptRow key={prompt.name} prompt={prompt} />
          ))}
        </ul>
      )}
      {prompts.hasNextPage && (
        <Button variant="default" onClick={() => void prompts.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

function PromptRow({ prompt: { name, description, latest, labels } }: { prompt: PromptSummary }) {
  return (
    <li className={classes.row}>
      <span className={classes.icon}>
        <IconBlockquote size={19} stroke={1.6} aria-hidden />
      </span>
      <div className={classes.what}>
        <Link to="/prompts/$name" params={{ name }} className={`${classes.name} ${classes.whole}`}>
          {name}
        </Link>
        {description && <div className={classes.detail}>{description}</div>}
      </div>
      <div className={classes.labels}>
        {labels.map(({ label, version }) => (
          <Badge key={label} tt="none" color={version === latest ? "teal" : "gray"}>
            {label} v{version}
          </Badge>
        ))}
      </div>
      <div className={classes.detail}>v{latest}</div>
    </li>
  );
}
