import { ActionIcon, Button, Group, Menu, Modal, Stack, TextInput } from "@mantine/core";
import {
  IconDots,
  IconDownload,
  IconEraser,
  IconPencil,
  IconTrash,
  IconUserCheck,
  IconUserShare,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import {
  clearChatSession,
  deleteChatSession,
  getExportChatSessionUrl,
  handOverChat,
  renameChatSession,
} from "@/api/generated/chat";
import type { ChatSession } from "@/api/generated/perdure.schemas";
import { chatKeys } from "@/api/queries/agents";
import { send } from "@/api/request";
import { FormFooter } from "@/components/form/form-footer";
import { notifyFailure } from "@/lib/notify";
import { saveFile } from "@/lib/save-file";
import { HandOverDialog } from "./hand-over-dialog";

interface Props {
  session: ChatSession;
  onSettled: (session: ChatSession) => void;
}

/** What can be done with a conversation as a whole. */
export function ChatMenu({ session, onSettled }: Props) {
  const [doing, setDoing] = useState<"rename" | "hand" | "clear" | "delete" | null>(null);
  const over = useMutation({
    mutationFn: () => handOverChat(session.id, {}),
    onSuccess: onSettled,
    onError: (error) => notifyFailure("The agent goes on answering", error),
  });
  return (
    <>
      <Menu>
        <Menu.Target>
          <ActionIcon ml="auto" aria-label="Actions of the conversation">
            <IconDots size={17} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setDoing("rename")}>
            Rename
          </Menu.Item>
          {session.status === "agent" && (
            <Menu.Item leftSection={<IconUserCheck size={15} />} onClick={() => over.mutate()}>
              Answer myself
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconUserShare size={15} />} onClick={() => setDoing("hand")}>
            Hand to somebody
          </Menu.Item>
          <Menu.Item
            leftSection={<IconDownload size={15} />}
            onClick={() => void saved(session.id, "markdown")}
          >
            Export as Markdown
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={15} />} onClick={() => void saved(session.id, "json")}>
            Export as JSON
          </Menu.Item>
          <Menu.Item leftSection={<IconEraser size={15} />} onClick={() => setDoing("clear")}>
            Forget all messages
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => setDoing("delete")}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={doing === "rename"} onClose={() => setDoing(null)} title="Rename the conversation">
        <Rename session={session} onSettled={onSettled} onClose={() => setDoing(null)} />
      </Modal>
      <Modal opened={doing === "hand"} onClose={() => setDoing(null)} title="Hand the conversation over">
        <HandOverDialog session={session} onSettled={onSettled} onClose={() => setDoing(null)} />
      </Modal>
      <Modal
        opened={doing === "clear" || doing === "delete"}
        onClose={() => setDoing(null)}
        title={doing === "clear" ? "Forget all messages?" : "Delete the conversation?"}
      >
        <Removal
          session={session}
          all={doing === "delete"}
          onSettled={onSettled}
          onClose={() => setDoing(null)}
        />
      </Modal>
    </>
  );
}

async function saved(id: string, format: "markdown" | "json"): Promise<void> {
  try {
    const answer = await send(getExportChatSessionUrl(id, { format }));
    saveFile(`conversation.${format === "json" ? "json" : "md"}`, await answer.blob());
  } catch (error) {
    notifyFailure("The conversation was not exported", error);
  }
}

interface DialogProps extends Props {
  onClose: () => void;
}

function Rename({ session, onSettled, onClose }: DialogProps) {
  const [title, setTitle] = useState(session.title ?? "");
  const client = useQueryClient();
  const rename = useMutation({
    mutationFn: () => renameChatSession(session.id, { title: title.trim() }),
    onSuccess: (next) => {
      onSettled(next);
      void client.invalidateQueries({ queryKey: chatKeys.lists });
      onClose();
    },
    onError: (error) => notifyFailure("It keeps its name", error),
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
          label="Title"
          data-autofocus
          maxLength={200}
          value={title}
          onChange={(event) => setTitle(event.currentTarget.value)}
        />
        <FormFooter action="Rename" pending={rename.isPending} disabled={title.trim() === ""} />
      </Stack>
    </form>
  );
}

function Removal({ session, all, onSettled, onClose }: DialogProps & { all: boolean }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: async () => {
      if (all) await deleteChatSession(session.id);
      else onSettled(await clearChatSession(session.id));
    },
    onSuccess: async () => {
      onClose();
      void client.invalidateQueries({ queryKey: chatKeys.lists });
      if (all) await navigate({ to: "/agents/$slug/chat", params: { slug: session.agent }, search: {} });
    },
    onError: (error) => notifyFailure("It stays", error),
  });
  return (
    <Stack>
      {all
        ? "Its messages are gone for good. The runs that have answered stay."
        : "The conversation begins anew. The runs that have answered stay."}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
          {all ? "Delete" : "Forget"}
        </Button>
      </Group>
    </Stack>
  );
}
