import { ActionIcon, Button, Group, Menu, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { deleteKnowledgeBase, updateKnowledgeBase } from "@/api/generated/knowledge";
import type { KnowledgeBase } from "@/api/generated/perdure.schemas";
import { may, meQuery } from "@/api/queries/account";
import { baseQuery, knowledgeKeys } from "@/api/queries/knowledge";
import { ErrorPanel } from "@/components/error-panel";
import { FormFooter } from "@/components/form/form-footer";
import { LinkAnchor } from "@/components/links";
import { LoadingRows } from "@/components/loading";
import { Page } from "@/components/page";
import { plural } from "@/lib/format";
import { notifyFailure } from "@/lib/notify";
import { Documents } from "./documents";
import classes from "./knowledge.module.css";
import { SearchTrial } from "./search-trial";

/** A knowledge base: its documents, and what a search finds in them. */
export function BasePage() {
  const { slug } = useParams({ from: "/shell/knowledge/$slug" });
  const base = useQuery(baseQuery(slug));
  const { data: me } = useQuery(meQuery);
  if (!base.data)
    return (
      <Page title="Knowledge base">
        {base.error ? <ErrorPanel error={base.error} onRetry={() => void base.refetch()} /> : <LoadingRows />}
      </Page>
    );
  const { name, description, model, chunks, documents } = base.data;
  return (
    <Page
      title={name}
      crumbs={
        <LinkAnchor to="/knowledge" inherit>
          Knowledge
        </LinkAnchor>
      }
      actions={may(me, "workflows:edit") && <BaseMenu base={base.data} />}
    >
      <p className={classes.detail}>
        {[description, plural(documents, "document"), plural(chunks, "piece"), `model ${model}`]
          .filter(Boolean)
          .join(" · ")}
      </p>
      <div className={classes.sides}>
        <Documents slug={slug} edits={may(me, "workflows:edit")} />
        <SearchTrial slug={slug} />
      </div>
    </Page>
  );
}

function BaseMenu({ base }: { base: KnowledgeBase }) {
  const [doing, setDoing] = useState<"rename" | "delete" | null>(null);
  const close = () => setDoing(null);
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label="Actions of the knowledge base">
            <IconDots size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setDoing("rename")}>
            Name and describe
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => setDoing("delete")}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={doing === "rename"} onClose={close} title="Name and describe">
        <Rename base={base} onClose={close} />
      </Modal>
      <Modal opened={doing === "delete"} onClose={close} title={`Delete ${base.name}?`}>
        <Removal base={base} onClose={close} />
      </Modal>
    </>
  );
}

interface DialogProps {
  base: KnowledgeBase;
  onClose: () => void;
}

function Rename({ base, onClose }: DialogProps) {
  const client = useQueryClient();
  const [name, setName] = useState(base.name);
  const [description, setDescription] = useState(base.description ?? "");
  const rename = useMutation({
    mutationFn: () => updateKnowledgeBase(base.slug, { name: name.trim(), description: description.trim() }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: knowledgeKeys.all });
      onClose();
    },
    onError: (error) => notifyFailure("It stays as it was", error),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        rename.mutate();
      }}
    >
      <Stack>
        <TextInput
          label="Name"
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label="What it holds"
          autosize
          minRows={2}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <FormFooter action="Save" pending={rename.isPending} disabled={name.trim() === ""} />
      </Stack>
    </form>
  );
}

function Removal({ base, onClose }: DialogProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => deleteKnowledgeBase(base.slug),
    onSuccess: async () => {
      onClose();
      await navigate({ to: "/knowledge" });
      void client.invalidateQueries({ queryKey: [...knowledgeKeys.all, "list"] });
    },
    onError: (error) => notifyFailure("It stays", error),
  });
  return (
    <Stack>
      All of its {plural(base.documents, "document")} are gone for good, and agents that search it find
      nothing.
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
          Delete
        </Button>
      </Group>
    </Stack>
  );
}
