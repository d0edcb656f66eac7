import { Alert, Button, Checkbox, FileButton, Group, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { importConnectionActions } from "@/api/generated/connections";
import type { Connection } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { useChange } from "../use-change";
import { connectionKeys } from "./queries";

interface Props {
  connection: Connection;
  onBack: () => void;
}

/** Makes actions of an API description: first shows what there is, then takes what was chosen. */
export function ImportForm({ connection, onBack }: Props) {
  const [document, setDocument] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [header, setHeader] = useState("");
  const look = useChange({
    run: () => importConnectionActions(connection.id, { document, preview: true }),
    refresh: [],
    after: ({ items }) => setChosen(items.map(({ name }) => name)),
  });
  const take = useChange({
    run: () =>
      importConnectionActions(connection.id, {
        document,
        operations: chosen,
        idempotency_header: header === "" ? null : header,
      }),
    refresh: [connectionKeys.all],
    done: () => "The actions were imported",
    after: onBack,
  });
  const found = look.data;
  return (
    <Stack>
      {found ? (
        <>
          <Checkbox.Group label="Operations" value={chosen} onChange={setChosen}>
            <Stack gap={6} mt={6}>
              {found.items.map(({ name, method, path, title }) => (
                <Checkbox key={name} value={name} label={`${title} — ${method} ${path}`} />
              ))}
            </Stack>
          </Checkbox.Group>
          {found.left_out.length > 0 && (
            <Alert color="yellow" p="sm" title="Left out">
              {found.left_out.map(({ operation, reason }) => `${operation}: ${reason}`).join("; ")}
            </Alert>
          )}
          <TextInput
            label="Header for repeated calls"
            description="By which this API knows a repeated call, such as Idempotency-Key. Empty if it has none: then a person is asked before a write is repeated."
            value={header}
            onChange={(event) => setHeader(event.currentTarget.value)}
          />
        </>
      ) : (
        <>
          <Text size="sm" c="dimmed">
            Calls go to the address of the connection, whatever the description says.
          </Text>
          <Textarea
            label="OpenAPI description"
            description="Version 3 or Swagger 2.0, as JSON or YAML."
            autosize
            minRows={8}
            maxRows={18}
            spellCheck={false}
            value={document}
            onChange={(event) => setDocument(event.currentTarget.value)}
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 12.5 } }}
            data-autofocus
          />
          <FileButton accept=".json,.yaml,.yml" onChange={(file) => void file?.text().then(setDocument)}>
            {(props) => (
              <Button variant="default" {...props} style={{ alignSelf: "flex-start" }}>
                Choose a file
              </Button>
            )}
          </FileButton>
        </>
      )}
      <FormAlert error={found ? take.error : look.error} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onBack}>
          Back
        </Button>
        {found ? (
          <Button
            loading={take.isPending}
            disabled={chosen.length === 0}
            onClick={() => take.mutate(undefined)}
          >
            Import {chosen.length}
          </Button>
        ) : (
          <Button
            loading={look.isPending}
            disabled={document.trim() === ""}
            onClick={() => look.mutate(undefined)}
          >
            Look at it
          </Button>
        )}
      </Group>
    </Stack>
  );
}
