import { Stack, Textarea, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { changeMemory, createMemory } from "@/api/generated/memories";
import type { Memory } from "@/api/generated/perdure.schemas";
import { knowledgeKeys } from "@/api/queries/knowledge";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { fromLocalField, toLocalField } from "@/lib/local-time";

interface Props {
  /** The fact that is corrected; a new one without it. */
  memory?: Memory;
  onClose: () => void;
}

/** A fact, as agents are told it. */
export function MemoryDialog({ memory, onClose }: Props) {
  const client = useQueryClient();
  const form = useForm({
    initialValues: {
      memory: memory?.memory ?? "",
      subject: memory?.subject ?? "",
      text: memory?.text ?? "",
      expires: toLocalField(memory?.expires_at ?? null),
    },
    validate: { memory: isNotEmpty("Say whose memory it is."), text: isNotEmpty("Write the fact.") },
  });
  const save = useMutation({
    mutationFn: ({ memory: scope, subject, text, expires }: typeof form.values) => {
      const expires_at = fromLocalField(expires);
      if (memory) return changeMemory(memory.id, { text: text.trim(), expires_at });
      const about = subject.trim() || null;
      return createMemory({ memory: scope.trim(), subject: about, text: text.trim(), expires_at });
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: knowledgeKeys.memories });
      onClose();
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack>
        <Textarea
          label="Fact"
          placeholder="Ada wants invoices on paper."
          autosize
          minRows={2}
          data-autofocus
          required
          {...form.getInputProps("text")}
        />
        {!memory && (
          <>
            <TextInput
              label="Memory"
              description="Whose it is, such as the name of an agent."
              required
              {...form.getInputProps("memory")}
            />
            <TextInput
              label="About whom"
              description="A person or thing; whoever asks to be forgotten is found by it."
              placeholder="ada@example.com"
              {...form.getInputProps("subject")}
            />
          </>
        )}
        <TextInput
          type="datetime-local"
          label="Until"
          description="Empty: for ever."
          {...form.getInputProps("expires")}
        />
        <FormAlert error={save.error} />
        <FormFooter action="Save" pending={save.isPending} />
      </Stack>
    </form>
  );
}
