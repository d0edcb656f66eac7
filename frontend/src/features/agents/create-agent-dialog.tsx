import { Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { createAgent } from "@/api/generated/agents";
import { agentKeys } from "@/api/queries/agents";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Begins an agent and opens its settings. */
export function CreateAgentDialog({ opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="New agent" size="lg">
      <CreateForm onClose={onClose} />
    </Modal>
  );
}

function CreateForm({ onClose }: Pick<Props, "onClose">) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const form = useForm({
    initialValues: { name: "", instructions: "" },
    validate: { name: isNotEmpty("Give it a name.") },
  });
  const create = useMutation({
    mutationFn: ({ name, instructions }: typeof form.values) =>
      createAgent({ name: name.trim(), config: instructions.trim() ? { instructions } : {} }),
    onSuccess: async ({ slug }) => {
      onClose();
      void client.invalidateQueries({ queryKey: agentKeys.all });
      await navigate({ to: "/agents/$slug", params: { slug } });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
      <Stack>
        <TextInput
          label="Name"
          placeholder="Support agent"
          data-autofocus
          required
          {...form.getInputProps("name")}
        />
        <Textarea
          label="What it has to do"
          placeholder="You answer questions of customers about their orders. Look the order up before you answer."
          autosize
          minRows={4}
          maxRows={14}
          {...form.getInputProps("instructions")}
        />
        <FormAlert error={create.error} />
        <FormFooter action="Create" pending={create.isPending} onCancel={onClose} />
      </Stack>
    </form>
  );
}
