import { Button, Collapse, Modal, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { createKnowledgeBase } from "@/api/generated/knowledge";
import { knowledgeKeys } from "@/api/queries/knowledge";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Begins a knowledge base and opens it. */
export function CreateBaseDialog({ opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="New knowledge base" size="lg">
      <CreateForm onClose={onClose} />
    </Modal>
  );
}

function CreateForm({ onClose }: Pick<Props, "onClose">) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const [detailed, detail] = useDisclosure(false);
  const form = useForm({
    initialValues: { name: "", description: "", model: "default", chunk_chars: 1_200, overlap_chars: 150 },
    validate: {
      name: isNotEmpty("Give it a name."),
      model: isNotEmpty("Name a model, or `default`."),
      overlap_chars: (value, { chunk_chars }) =>
        value * 2 > chunk_chars ? "This may be half of the length of a piece at most." : null,
    },
  });
  const create = useMutation({
    mutationFn: ({ name, description, ...rest }: typeof form.values) =>
      createKnowledgeBase({ ...rest, name: name.trim(), description: description.trim() || null }),
    onSuccess: async ({ slug }) => {
      onClose();
      void client.invalidateQueries({ queryKey: knowledgeKeys.all });
      await navigate({ to: "/knowledge/$slug", params: { slug } });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
      <Stack>
        <TextInput
          label="Name"
          placeholder="Handbook"
          data-autofocus
          required
          {...form.getInputProps("name")}
        />
        <Textarea
          label="What it holds"
          placeholder="How we pay refunds, ship parcels and take holidays."
          autosize
          minRows={2}
          {...form.getInputProps("description")}
        />
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          w="fit-content"
          aria-expanded={detailed}
          onClick={detail.toggle}
        >
          {detailed ? "Fewer settings" : "How documents are cut and found"}
        </Button>
        <Collapse expanded={detailed}>
          <Stack>
            <TextInput
              label="Model of the vectors"
              description="It stays for good."
              {...form.getInputProps("model")}
            />
            <NumberInput
              label="Length of a piece, in characters"
              min={100}
              max={20_000}
              {...form.getInputProps("chunk_chars")}
            />
            <NumberInput
              label="What a piece repeats of the one before, in characters"
              min={0}
              max={2_000}
              {...form.getInputProps("overlap_chars")}
            />
          </Stack>
        </Collapse>
        <FormAlert error={create.error} />
        <FormFooter action="Create" pending={create.isPending} onCancel={onClose} />
      </Stack>
    </form>
  );
}
