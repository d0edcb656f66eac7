import { Modal, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { createWorkflow } from "@/api/generated/workflows";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Begins an empty workflow and opens it in the editor. */
export function CreateDialog({ opened, onClose }: Props) {
  const navigate = useNavigate();
  const form = useForm({ initialValues: { name: "" }, validate: { name: isNotEmpty("Give it a name.") } });
  const create = useMutation({
    mutationFn: (name: string) => createWorkflow({ name }),
    onSuccess: async ({ slug }) => {
      onClose();
      await navigate({ to: "/workflows/$slug/edit", params: { slug } });
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title="New workflow">
      <form onSubmit={form.onSubmit(({ name }) => create.mutate(name.trim()))} noValidate>
        <Stack>
          <TextInput
            label="Name"
            placeholder="Refund triage"
            data-autofocus
            {...form.getInputProps("name")}
          />
          <FormAlert error={create.error} />
          <FormFooter action="Create" pending={create.isPending} onCancel={onClose} />
        </Stack>
      </form>
    </Modal>
  );
}
