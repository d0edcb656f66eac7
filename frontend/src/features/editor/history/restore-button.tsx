import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPencil, IconRestore } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { restoreWorkflowVersion } from "@/api/generated/workflows";
import { may, meQuery } from "@/api/queries/account";
import { storedDraftQuery, workflowKeys } from "@/api/queries/workflows";
import { LinkButton } from "@/components/links";
import { notifyDone, notifyFailure } from "@/lib/notify";

interface Props {
  slug: string;
  /** The version that is looked at; null for the draft. */
  version: number | null;
}

/** Makes the draft what a version was, after a warning; runs go on as they are. */
export function RestoreButton({ slug, version }: Props) {
  const { data: me } = useQuery(meQuery);
  const [asking, ask] = useDisclosure(false);
  const draft = useQuery(storedDraftQuery(slug));
  const client = useQueryClient();
  const navigate = useNavigate();
  const restore = useMutation({
    mutationFn: () => restoreWorkflowVersion(slug, version ?? 0, { revision: draft.data?.revision ?? null }),
    onSuccess: async () => {
      ask.close();
      await client.invalidateQueries({ queryKey: workflowKeys.all });
      notifyDone(`The draft is what version ${version} was. Publish it to make it count.`);
      await navigate({ to: "/workflows/$slug/edit", params: { slug } });
    },
    onError: (error) => notifyFailure("The version was not restored", error),
  });
  if (!may(me, "workflows:edit")) return null;
  return (
    <Group gap="xs">
      {version !== null && (
        <Button size="xs" leftSection={<IconRestore size={15} />} onClick={ask.open}>
          Restore version {version}
        </Button>
      )}
      <LinkButton
        size="xs"
        variant="default"
        to="/workflows/$slug/edit"
        params={{ slug }}
        leftSection={<IconPencil size={15} />}
      >
        Edit
      </LinkButton>
      <Modal opened={asking} onClose={ask.close} title={`Restore version ${version}?`}>
        <Stack>
          <Text size="sm">
            The draft becomes what version {version} was; what stands in the draft now gives way. Nothing is
            published, and runs go on as they are.
          </Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={ask.close}>
              Leave it
            </Button>
            <Button loading={restore.isPending} disabled={!draft.data} onClick={() => restore.mutate()}>
              Restore
            </Button>
          </Group>
        </Stack>
      </Modal>
    </Group>
  );
}
