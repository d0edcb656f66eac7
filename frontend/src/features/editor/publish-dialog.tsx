import { Alert, Button, Group, Loader, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { PublishPreview } from "@/api/generated/perdure.schemas";
import { previewPublish, publishDraft } from "@/api/generated/workflows";
import { workflowKeys } from "@/api/queries/workflows";
import { FormAlert } from "@/components/form/form-alert";
import { plural } from "@/lib/format";
import { notifyDone } from "@/lib/notify";
import { DiffSummary } from "./diff-summary";
import { useEditor } from "./editor-store";

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Makes the draft a version: what that changes for runs, and a note for people. */
export function PublishDialog({ opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Publish" size="lg">
      <PublishForm onClose={onClose} />
    </Modal>
  );
}

function PublishForm({ onClose }: Omit<Props, "opened">) {
  const slug = useEditor((editor) => editor.slug);
  const revision = useEditor((editor) => editor.revision);
  const [note, setNote] = useState("");
  const client = useQueryClient();
  const navigate = useNavigate();
  const preview = useQuery({
    queryKey: [...workflowKeys.one(slug), "preview", revision] as const,
    queryFn: ({ signal }) => previewPublish(slug, { revision }, { signal }),
    gcTime: 0,
  });
  const publish = useMutation({
    mutationFn: () => {
      const over = preview.data?.past_draft ? preview.data.newest_version : null;
      return publishDraft(slug, { revision, note: note.trim() || null, ...(over === null ? {} : { over }) });
    },
    onSuccess: async ({ version, created }) => {
      onClose();
      notifyDone(created ? `Version ${version} is published.` : `Version ${version} says the same already.`);
      await client.invalidateQueries({ queryKey: workflowKeys.all });
      await navigate({ to: "/workflows/$slug", params: { slug } });
    },
  });
  const blocked = !preview.data || preview.data.faults.length > 0;
  return (
    <Stack>
      {preview.isPending && <Loader size="sm" />}
      {preview.data && <Consequences preview={preview.data} />}
      <Textarea
        label="What is new"
        description="For whoever looks at the versions later. May be left empty."
        autosize
        minRows={2}
        maxRows={6}
        data-autofocus
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <FormAlert error={publish.error ?? preview.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Leave it
        </Button>
        <Button disabled={blocked} loading={publish.isPending} onClick={() => publish.mutate()}>
          Publish
        </Button>
      </Group>
    </Stack>
  );
}

function Consequences({ preview }: { preview: PublishPreview }) {
  const staying = preview.staying.reduce((sum, { runs }) => sum + runs, 0);
  if (preview.faults.length > 0) {
    return (
      <Alert
        color="red"
        p="sm"
        title={`It has ${plural(preview.faults.length, "fault")} and cannot be published`}
      >
        {preview.faults[0]?.message}
      </Alert>
    );
  }
  return (
    <>
      {preview.unchanged && (
        <Text size="sm">Nothing has changed since version {preview.newest_version}.</Text>
      )}
      {preview.past_draft && (
        <Alert color="yellow" p="sm">
          Version {preview.newest_version} was published after this draft was begun. Publishing undoes what it
          changed.
        </Alert>
      )}
      {preview.diff && <DiffSummary diff={preview.diff} />}
      <Text size="sm" c="dimmed">
        {staying > 0
          ? `${plural(staying, "run")} that ${staying === 1 ? "goes" : "go"} on will stay on the version they began with. `
          : ""}
        {compared(preview)}
      </Text>
    </>
  );
}

function compared({ compared: all, diverging }: PublishPreview): string {
  if (all === 0) return "There are no finished runs to compare with.";
  if (diverging.length === 0) return `The last ${plural(all, "run")} would have gone the same way.`;
  return `Of the last ${plural(all, "run")}, ${diverging.length} would have gone another way.`;
}
