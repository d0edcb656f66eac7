import { Modal, Stack, Text, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useNewWorkspace } from "@/api/enter-workspace";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Makes a workspace and goes there. */
export function NewWorkspaceDialog({ opened, onClose }: Props) {
  const create = useNewWorkspace(onClose);
  const form = useForm({ initialValues: { name: "" }, validate: { name: isNotEmpty("Give it a name.") } });
  return (
    <Modal opened={opened} onClose={onClose} title="New workspace">
      <form onSubmit={form.onSubmit(({ name }) => create.mutate(name.trim()))} noValidate>
        <Stack>
          <Text size="sm" c="dimmed">
            A room of its own: nobody but its members sees its workflows, runs and credentials. You will be
            its owner.
          </Text>
          <TextInput
            label="Name"
            placeholder="Analytical Engines"
            data-autofocus
            {...form.getInputProps("name")}
          />
          <FormAlert error={create.error} />
          <FormFooter action="Create and go there" pending={create.isPending} />
        </Stack>
      </form>
    </Modal>
  );
}
