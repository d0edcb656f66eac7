import { Alert, Button, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { publishAgent } from "@/api/generated/agents";
import type { AgentDraft } from "@/api/generated/perdure.schemas";
import { ApiError, sentenceOf } from "@/api/problem";
import { notifyDone } from "@/lib/notify";

interface Props {
  draft: AgentDraft;
  opened: boolean;
  onClose: () => void;
  onPublished: () => void;
}

/** Makes the draft the version that answers from now on. */
export function PublishAgentDialog({ draft, opened, onClose, onPublished }: Props) {
  const [note, setNote] = useState("");
  const publish = useMutation({
    mutationFn: () => publishAgent(draft.slug, { revision: draft.revision, note: note.trim() || null }),
    onSuccess: ({ version }) => {
      notifyDone(`Version ${version} answers from now on`);
      setNote("");
      onClose();
      onPublished();
    },
  });
  const faults = publish.error instanceof ApiError ? (publish.error.problem?.faults ?? []) : [];
  return (
    <Modal opened={opened} onClose={onClose} title="Publish the agent">
      <Stack>
        <Text size="sm" c="dimmed">
          Conversations go on with the new version at their next message; runs that have begun stay on theirs.
        </Text>
        <Textarea
          label="What is new"
          autosize
          minRows={2}
          data-autofocus
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {publish.isError && (
          <Alert color="red" p="sm" role="alert">
            {sentenceOf(publish.error)}
            {faults.map(({ field, message }) => (
              <Text key={`${field}${message}`} size="sm">
                {field && `${field.replace(/^with\./, "")}: `}
                {message}
              </Text>
            ))}
          </Alert>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button loading={publish.isPending} onClick={() => publish.mutate()}>
            Publish
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
