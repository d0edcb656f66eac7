import { Alert, Button, FileButton, Group, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { Draft } from "@/api/generated/perdure.schemas";
import { getImportWorkflowUrl } from "@/api/generated/workflows";
import { validateText } from "@/api/queries/workflows";
import { request } from "@/api/request";
import { FormAlert } from "@/components/form/form-alert";
import { plural } from "@/lib/format";

interface Props {
  /** What was pasted or dropped already. */
  text: string;
  opened: boolean;
  onClose: () => void;
}

/** Brings in a workflow as YAML or JSON: pasted, dropped, or from a file. */
export function ImportDialog({ text, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Import a workflow" size="lg">
      <ImportForm key={text} given={text} onClose={onClose} />
    </Modal>
  );
}

interface FormProps {
  given: string;
  onClose: () => void;
}

function ImportForm({ given, onClose }: FormProps) {
  const navigate = useNavigate();
  const [text, setText] = useState(given);
  const bringIn = useMutation({
    mutationFn: importText,
    onSuccess: async ({ slug }) => {
      onClose();
      await navigate({ to: "/workflows/$slug/edit", params: { slug } });
    },
  });
  const take = async (file: File | null | undefined) => {
    if (file) setText(await file.text());
  };
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        A document in YAML or JSON. It becomes a draft; nothing runs before you publish it.
      </Text>
      <Textarea
        label="Document"
        placeholder="Paste it, or drop a file here"
        minRows={12}
        maxRows={20}
        autosize
        spellCheck={false}
        data-autofocus
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onDrop={(event) => {
          event.preventDefault();
          void take(event.dataTransfer.files[0]);
        }}
      />
      <Verdict text={text} />
      <FormAlert error={bringIn.error} />
      <Group justify="space-between">
        <FileButton onChange={(file) => void take(file)} accept=".yaml,.yml,.json">
          {(props) => (
            <Button {...props} variant="default">
              Choose a file
            </Button>
          )}
        </FileButton>
        <Button
          disabled={text.trim() === ""}
          loading={bringIn.isPending}
          onClick={() => bringIn.mutate(text)}
        >
          Import
        </Button>
      </Group>
    </Stack>
  );
}

const SHOWN = 4;

interface VerdictProps {
  text: string;
}

/** Whether the document is sound, before it is imported. */
function Verdict({ text }: VerdictProps) {
  const [settled] = useDebouncedValue(text, 400);
  const { data } = useQuery({
    queryKey: ["validate", settled],
    queryFn: ({ signal }) => validateText(settled, signal),
    enabled: settled.trim() !== "",
  });
  if (!data || settled.trim() === "") return null;
  if (data.faults.length === 0) {
    return (
      <Alert color="green" p="sm" icon={<IconCircleCheck size={18} />} role="status">
        It is sound and could be published as it is.
      </Alert>
    );
  }
  return (
    <Alert
      color="yellow"
      p="sm"
      icon={<IconAlertTriangle size={18} />}
      role="status"
      title={`${plural(data.faults.length, "fault")}; you can import it and mend them in the editor`}
    >
      <ul style={{ margin: 0, paddingLeft: 18 }}>
        {data.faults.slice(0, SHOWN).map((fault) => (
          <li key={`${fault.line}:${fault.column}:${fault.message}`}>
            {fault.line !== null && `Line ${fault.line}: `}
            {fault.message}
          </li>
        ))}
      </ul>
    </Alert>
  );
}

function importText(text: string): Promise<Draft> {
  const isJson = text.trimStart().startsWith("{");
  const headers = { "content-type": isJson ? "application/json" : "application/yaml" };
  return request<Draft>(getImportWorkflowUrl(), { method: "POST", body: text, headers });
}
