import { ActionIcon, Button, Group, Menu, Modal, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import {
  IconBrain,
  IconDots,
  IconPencil,
  IconPlus,
  IconSearch,
  IconTrash,
  IconUserX,
} from "@tabler/icons-react";
import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useState } from "react";
import { deleteMemory } from "@/api/generated/memories";
import type { Memory } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { knowledgeKeys, memoriesQuery } from "@/api/queries/knowledge";
import { EmptyState } from "@/components/empty-state";
import { ErrorPanel } from "@/components/error-panel";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { Timestamp } from "@/components/timestamp";
import { notifyFailure } from "@/lib/notify";
import { EraseDialog } from "./erase-dialog";
import classes from "./knowledge.module.css";
import { MemoryDialog } from "./memory-dialog";
import { Places } from "./places";

/** What agents remember: found, corrected, forgotten. */
export function MemoriesPage() {
  const { data: me } = useQuery(meQuery);
  const edits = may(me, "workflows:edit");
  const [adding, add] = useDisclosure(false);
  const [erasing, erase] = useDisclosure(false);
  return (
    <Page
      title="Memories"
      actions={
        edits && (
          <>
            <Button variant="default" leftSection={<IconUserX size={16} />} onClick={erase.open}>
              Forget a person
            </Button>
            <Button leftSection={<IconPlus size={16} />} onClick={add.open}>
              Add a fact
            </Button>
          </>
        )
      }
    >
      <Places />
      <Listed edits={edits} />
      <Modal opened={adding} onClose={add.close} title="Add a fact">
        <MemoryDialog onClose={add.close} />
      </Modal>
      <Modal opened={erasing} onClose={erase.close} title="Forget a person">
        <EraseDialog onClose={erase.close} />
      </Modal>
    </Page>
  );
}

function Listed({ edits }: { edits: boolean }) {
  const [filter, setFilter] = useState({ q: "", memory: "", subject: "" });
  const [settled] = useDebouncedValue(filter, 250);
  const given = Object.fromEntries(
    Object.entries(settled).flatMap(([name, text]) => (text.trim() ? [[name, text.trim()]] : [])),
  );
  const memories = useInfiniteQuery({ ...memoriesQuery(given), placeholderData: keepPreviousData });
  if (memories.isPending) return <LoadingRows />;
  if (memories.isError) return <ErrorPanel error={memories.error} onRetry={() => void memories.refetch()} />;
  const items = memories.data.pages.flatMap((page) => page.items);
  const all = Object.values(filter).every((text) => text === "");
  if (items.length === 0 && all)
    return (
      <EmptyState icon={IconBrain} title="Nothing is remembered yet">
        Facts that agents keep from one run to the next appear here, by the step Remember or by hand. Each
        says where it comes from; whoever asks to be forgotten can be, at once.
      </EmptyState>
    );
  const field = (name: keyof typeof filter, label: string, placeholder: string) => (
    <TextInput
      size="xs"
      aria-label={label}
      placeholder={placeholder}
      leftSection={name === "q" ? <IconSearch size={14} /> : undefined}
      value={filter[name]}
      onChange={({ currentTarget: { value } }) => setFilter((before) => ({ ...before, [name]: value }))}
    />
  );
  return (
    <>
      <Group gap="xs">
        {field("q", "Text", "Text in the fact")}
        {field("memory", "Memory", "Memory")}
        {field("subject", "Person or thing", "About whom")}
      </Group>
      {items.length === 0 ? (
        <p className={classes.detail}>No fact fits.</p>
      ) : (
        <ul className={classes.list} aria-label="Facts">
          {items.map((memory) => (
            <MemoryRow key={memory.id} memory={memory} edits={edits} />
          ))}
        </ul>
      )}
      {memories.hasNextPage && (
        <Button variant="default" onClick={() => void memories.fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}

function MemoryRow({ memory, edits }: { memory: Memory; edits: boolean }) {
  const client = useQueryClient();
  const [editing, edit] = useDisclosure(false);
  const forget = useMutation({
    mutationFn: () => deleteMemory(memory.id),
    onError: (error) => notifyFailure("The fact stays", error),
    onSettled: () => client.invalidateQueries({ queryKey: knowledgeKeys.memories }),
  });
  const run = typeof memory.source.run_id === "string" ? memory.source.run_id : null;
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{memory.text}</div>
        <div className={classes.detail}>
          {[memory.memory, memory.subject && `about ${memory.subject}`, `by ${memory.created_by}`]
            .filter(Boolean)
            .join(" · ")}
          {run && (
            <>
              {" · "}
              <LinkAnchor to="/runs/$runId" params={{ runId: run }} inherit>
                from a run
              </LinkAnchor>
            </>
          )}
        </div>
      </div>
      <div className={classes.detail}>
        <Timestamp at={memory.updated_at} />
        {memory.expires_at && (
          <>
            , ends <Timestamp at={memory.expires_at} />
          </>
        )}
      </div>
      {edits && (
        <Menu>
          <Menu.Target>
            <ActionIcon aria-label={`Actions of the fact ${memory.text.slice(0, 60)}`}>
              <IconDots size={16} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconPencil size={15} />} onClick={edit.open}>
              Correct it
            </Menu.Item>
            <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => forget.mutate()}>
              Forget it
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
      <Modal opened={editing} onClose={edit.close} title="Correct a fact">
        <MemoryDialog memory={memory} onClose={edit.close} />
      </Modal>
    </li>
  );
}
