import { Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { putKnowledgeDocument } from "@/api/generated/knowledge";
import { knowledgeKeys } from "@/api/queries/knowledge";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { pairsIn } from "./pairs";

interface Props {
  slug: string;
  opened: boolean;
  onClose: () => void;
}

/** Adds a document that is written here. */
export function TextDialog({ slug, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Write a document" size="lg">
      <TextForm slug={slug} onClose={onClose} />
    </Modal>
  );
}

function TextForm({ slug, onClose }: Omit<Props, "opened">) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: { name: "", text: "", metadata: "" },
    validate: { name: isNotEmpty("Give it a name."), text: isNotEmpty("Write something.") },
  });
  const add = useMutation({
    mutationFn: ({ name, text, metadata }: typeof form.values) =>
      putKnowledgeDocument(slug, { name: name.trim(), text, metadata: pairsIn(metadata) }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: knowledgeKeys.one(slug) });
      onClose();
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => add.mutate(values))} noValidate>
      <Stack>
        <TextInput
          label="Name"
          placeholder="Refunds.md"
          data-autofocus
          required
          {...form.getInputProps("name")}
        />
        <Textarea
          label="Text"
          description="Text or Markdown; headings become part of citations."
          autosize
          minRows={8}
          maxRows={20}
          required
          {...form.getInputProps("text")}
        />
        <TextInput
          label="Metadata"
          description="What searches can be limited to, such as team: support, year: 2026"
          {...form.getInputProps("metadata")}
        />
        <FormAlert error={add.error} />
        <FormFooter action="Add" pending={add.isPending} />
      </Stack>
    </form>
  );
}
