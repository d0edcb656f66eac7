import { Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { eraseMemories } from "@/api/generated/memories";
import { knowledgeKeys } from "@/api/queries/knowledge";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { plural } from "@/lib/format";
import { notifyDone } from "@/lib/notify";

interface Props {
  onClose: () => void;
}

/** Forgets all that is known about somebody, in every memory or in one. */
export function EraseDialog({ onClose }: Props) {
  const client = useQueryClient();
  const [subject, setSubject] = useState("");
  const [memory, setMemory] = useState("");
  const erase = useMutation({
    mutationFn: () => eraseMemories({ subject: subject.trim(), memory: memory.trim() || null }),
    onSuccess: ({ count }) => {
      void client.invalidateQueries({ queryKey: knowledgeKeys.memories });
      notifyDone(count === 0 ? "Nothing was known about them." : `${plural(count, "fact")} forgotten.`);
      onClose();
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (subject.trim() !== "") erase.mutate();
      }}
    >
      <Stack>
        <Text size="sm">
          All facts about a person are gone for good. The audit log keeps how many they were, and not about
          whom.
        </Text>
        <TextInput
          label="Who"
          description="As facts name them, such as an e-mail address."
          data-autofocus
          required
          value={subject}
          onChange={(event) => setSubject(event.currentTarget.value)}
        />
        <TextInput
          label="Only in this memory"
          placeholder="All memories"
          value={memory}
          onChange={(event) => setMemory(event.currentTarget.value)}
        />
        <FormAlert error={erase.error} />
        <FormFooter
          action="Forget"
          color="red"
          pending={erase.isPending}
          disabled={subject.trim() === ""}
          onCancel={onClose}
        />
      </Stack>
    </form>
  );
}
