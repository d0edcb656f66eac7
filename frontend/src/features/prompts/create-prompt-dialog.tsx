import { Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { createPrompt } from "@/api/generated/prompts";
import { promptKeys } from "@/api/queries/prompts";
import { CodeEditor } from "@/components/code/code-editor";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";

const NAME = /^[a-z0-9][a-z0-9_-]{0,99}$/;

interface Props {
  onClose: () => void;
}

/** Writes a prompt and opens it. */
export function CreatePromptDialog({ onClose }: Props) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const form = useForm({
    initialValues: { name: "", description: "", text: "" },
    validate: {
      name: (name) => (NAME.test(name) ? null : "Small letters, digits, - and _, such as support-answer."),
      text: (text) => (text.trim() === "" ? "Write what the model is told." : null),
    },
  });
  const create = useMutation({
    mutationFn: (values: typeof form.values) => createPrompt(values),
    onSuccess: async ({ name }) => {
      onClose();
      void client.invalidateQueries({ queryKey: promptKeys.all });
      await navigate({ to: "/prompts/$name", params: { name } });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
      <Stack>
        <TextInput
          label="Name"
          placeholder="support-answer"
          data-autofocus
          required
          {...form.getInputProps("name")}
        />
        <TextInput label="What it is for" {...form.getInputProps("description")} />
        <CodeEditor
          label="Text"
          description="Markdown; {name} stands for a variable."
          language="markdown"
          required
          error={typeof form.errors.text === "string" ? form.errors.text : undefined}
          value={form.values.text}
          onChange={(text) => form.setFieldValue("text", text)}
        />
        <FormAlert error={create.error} />
        <FormFooter action="Create" pending={create.isPending} onCancel={onClose} />
      </Stack>
    </form>
  );
}
