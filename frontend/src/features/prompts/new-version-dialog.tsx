import { Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { createPromptVersion } from "@/api/generated/prompts";
import { promptKeys, promptVersionQuery } from "@/api/queries/prompts";
import { CodeEditor } from "@/components/code/code-editor";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { LoadingRows } from "@/components/loading";
import classes from "./prompts.module.css";
import { variablesOf } from "./variables";

interface Props {
  name: string;
  /** The version that the new one begins with. */
  from: number;
  onWritten: (version: number) => void;
}

/** Writes a further version; it is in use nowhere until a label names it. */
export function NewVersionDialog({ name, from, onWritten }: Props) {
  const { data } = useQuery(promptVersionQuery(name, from));
  if (!data) return <LoadingRows rows={3} />;
  return <VersionForm name={name} text={data.text} onWritten={onWritten} />;
}

function VersionForm({ name, text, onWritten }: Omit<Props, "from"> & { text: string }) {
  const client = useQueryClient();
  const [next, setNext] = useState(text);
  const [note, setNote] = useState("");
  const write = useMutation({
    mutationFn: () => createPromptVersion(name, { text: next, note: note.trim() || null }),
    onSuccess: async ({ version }) => {
      await client.invalidateQueries({ queryKey: promptKeys.one(name), exact: true });
      void client.invalidateQueries({ queryKey: [...promptKeys.all, "list"] });
      onWritten(version);
    },
  });
  const variables = variablesOf(next);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        write.mutate();
      }}
    >
      <Stack>
        <CodeEditor label="Text" language="markdown" value={next} onChange={setNext} />
        <p className={classes.detail}>
          {variables.length === 0 ? "No variables." : `Variables: ${variables.join(", ")}.`}
        </p>
        <TextInput
          label="What is new"
          maxLength={500}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <FormAlert error={write.error} />
        <FormFooter
          action="Save the version"
          pending={write.isPending}
          disabled={next.trim() === "" || next === text}
        />
      </Stack>
    </form>
  );
}
