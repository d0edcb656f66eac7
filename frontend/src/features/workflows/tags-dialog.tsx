import { Button, Group, Modal, Stack, TagsInput } from "@mantine/core";
import { useState } from "react";
import type { WorkflowSummary } from "@/api/generated/perdure.schemas";
import { useTags } from "./workflow-changes";

interface Props {
  workflow: WorkflowSummary;
  opened: boolean;
  onClose: () => void;
}

/** Gives a workflow the tags by which it is found. */
export function TagsDialog({ workflow, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Tags of ${workflow.name}`}>
      <TagsForm workflow={workflow} onClose={onClose} />
    </Modal>
  );
}

function TagsForm({ workflow, onClose }: Omit<Props, "opened">) {
  const [tags, setTags] = useState(workflow.tags);
  const change = useTags(workflow);
  return (
    <Stack>
      <TagsInput
        label="Tags"
        description="Press Enter after each."
        value={tags}
        onChange={setTags}
        maxTags={20}
        data-autofocus
      />
      <Group justify="flex-end">
        <Button loading={change.isPending} onClick={() => change.mutate(tags, { onSuccess: onClose })}>
          Save
        </Button>
      </Group>
    </Stack>
  );
}
