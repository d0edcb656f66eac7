import { Button, Modal, Group as Row, Stack, Textarea, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { createGroup, updateGroup } from "@/api/generated/groups";
import type { Group } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { settingsKeys } from "./queries";
import { useChange } from "./use-change";

interface Props {
  /** The one to change; a new one otherwise. */
  group?: Group;
  opened: boolean;
  onClose: () => void;
}

/** Names a group. */
export function GroupDialog({ group, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={group ? "Edit the group" : "New group"}>
      <GroupForm {...(group ? { group } : {})} onClose={onClose} />
    </Modal>
  );
}

function GroupForm({ group, onClose }: Omit<Props, "opened">) {
  const form = useForm({
    initialValues: { name: group?.name ?? "", description: group?.description ?? "" },
    validate: { name: isNotEmpty("Give it a name.") },
  });
  const save = useChange({
    run: (values: typeof form.values) => (group ? updateGroup(group.id, values) : createGroup(values)),
    refresh: [settingsKeys.groups],
    after: onClose,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack>
        <TextInput
          label="Name"
          placeholder="Refund approvers"
          data-autofocus
          {...form.getInputProps("name")}
        />
        <Textarea
          label="What it is for"
          autosize
          minRows={2}
          maxRows={6}
          {...form.getInputProps("description")}
        />
        <FormAlert error={save.error} />
        <Row justify="flex-end">
          <Button type="submit" loading={save.isPending}>
            {group ? "Save" : "Create the group"}
          </Button>
        </Row>
      </Stack>
    </form>
  );
}
