import { ActionIcon, Button, FileButton, Group, Menu, Modal, Progress, Title } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import {
  IconDots,
  IconFileText,
  IconListDetails,
  IconRefresh,
  IconTrash,
  IconUpload,
} from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deleteKnowledgeDocument, ingestKnowledgeDocument } from "@/api/generated/knowledge";
import type { KnowledgeDocument } from "@/api/generated/perdure.schemas";
import { documentsQuery, knowledgeKeys } from "@/api/queries/knowledge";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import { StatusBadge } from "@/components/status";
import { Timestamp } from "@/components/timestamp";
import { bytes } from "@/lib/file-data";
import { plural } from "@/lib/format";
import { notifyFailure } from "@/lib/notify";
import { Chunks } from "./chunks";
import classes from "./knowledge.module.css";
import { TextDialog } from "./text-dialog";
import { ACCEPTED, useUpload } from "./use-upload";

interface Props {
  slug: string;
  edits: boolean;
}

/** The documents of a knowledge base, how far each is taken in, and the way to add some. */
export function Documents({ slug, edits }: Props) {
  const documents = useInfiniteQuery(documentsQuery(slug));
  const items = documents.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={classes.part} aria-label="Documents">
      <Title order={2}>Documents</Title>
      {edits && <Adding slug={slug} />}
      {documents.isPending && <LoadingRows rows={3} />}
      {documents.isError && <ErrorPanel error={documents.error} onRetry={() => void documents.refetch()} />}
      {items.length > 0 && (
        <ul className={classes.list} aria-label="Documents">
          {items.map((one) => (
            <DocumentRow key={one.id} slug={slug} document={one} edits={edits} />
          ))}
        </ul>
      )}
      {documents.data && items.length === 0 && !edits && (
        <p className={classes.detail}>There are no documents yet.</p>
      )}
      {documents.hasNextPage && (
        <Button variant="default" onClick={() => void documents.fetchNextPage()}>
          Show more
        </Button>
      )}
    </section>
  );
}

function Adding({ slug }: { slug: string }) {
  const upload = useUpload(slug);
  const [over, setOver] = useState(false);
  const [writing, write] = useDisclosure(false);
  return (
    <fieldset
      className={classes.drop}
      aria-label="Add documents"
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        upload.mutate([...event.dataTransfer.files]);
      }}
    >
      Drop PDF, Word, HTML, Markdown or text files here. One of the same name gets the new content.
      <Group justify="center" mt="sm" gap="xs">
        <FileButton multiple accept={ACCEPTED} onChange={(files) => upload.mutate(files)}>
          {(props) => (
            <Button
              {...props}
              size="compact-sm"
              leftSection={<IconUpload size={14} />}
              loading={upload.isPending}
            >
              Choose files
            </Button>
          )}
        </FileButton>
        <Button size="compact-sm" variant="default" onClick={write.open}>
          Write text
        </Button>
      </Group>
      <TextDialog slug={slug} opened={writing} onClose={write.close} />
    </fieldset>
  );
}

interface RowProps extends Props {
  document: KnowledgeDocument;
}

function DocumentRow({ slug, document, edits }: RowProps) {
  const [looking, look] = useDisclosure(false);
  const { name, size, status, error, chunks, embedded, reused, updated_at, metadata } = document;
  const facts = [
    bytes(size),
    status === "ready" && plural(chunks, "piece"),
    reused > 0 && `${reused} as before`,
  ];
  const told = Object.entries(metadata).map(([key, value]) => `${key}: ${String(value)}`);
  return (
    <li className={classes.row}>
      <IconFileText size={19} stroke={1.6} aria-hidden />
      <div className={classes.what}>
        <div className={classes.name}>{name}</div>
        <div className={classes.detail}>{[...facts, ...told].filter(Boolean).join(" · ")}</div>
        {error && <div className={classes.fault}>{error.message}</div>}
      </div>
      {status === "running" && chunks > 0 ? (
        <Progress
          className={classes.progress}
          value={(embedded / chunks) * 100}
          aria-label={`${embedded} of ${chunks} pieces`}
        />
      ) : (
        <StatusBadge status={status === "ready" ? "completed" : status} />
      )}
      <div className={classes.detail}>
        <Timestamp at={updated_at} />
      </div>
      <DocumentMenu slug={slug} document={document} edits={edits} onLook={look.open} />
      <Modal opened={looking} onClose={look.close} title={`Pieces of ${name}`} size="xl">
        <Chunks slug={slug} documentId={document.id} />
      </Modal>
    </li>
  );
}

function DocumentMenu({ slug, document, edits, onLook }: RowProps & { onLook: () => void }) {
  const client = useQueryClient();
  const settled = () => void client.invalidateQueries({ queryKey: knowledgeKeys.one(slug) });
  const again = useMutation({
    mutationFn: () => ingestKnowledgeDocument(slug, document.id),
    onError: (error) => notifyFailure("It is not taken in again", error),
    onSettled: settled,
  });
  const remove = useMutation({
    mutationFn: () => deleteKnowledgeDocument(slug, document.id),
    onError: (error) => notifyFailure("The document stays", error),
    onSettled: settled,
  });
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={`Actions of ${document.name}`}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconListDetails size={15} />} onClick={onLook}>
          Show its pieces
        </Menu.Item>
        {edits && (
          <Menu.Item leftSection={<IconRefresh size={15} />} onClick={() => again.mutate()}>
            Take it in again
          </Menu.Item>
        )}
        {edits && (
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => remove.mutate()}>
            Delete
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
