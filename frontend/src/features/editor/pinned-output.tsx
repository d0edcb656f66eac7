import { Alert, Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconPin, IconPinnedOff } from "@tabler/icons-react";
import { useState } from "react";
import { JsonInput } from "@/components/json-input";
import { splitPath } from "./document-edits";
import { edit, useEditor } from "./editor-store";
import { isPinnable, type PinnedOutput, pinsOf, withPin } from "./pins";
import { useRecorded } from "./sample-data";

interface Props {
  path: string;
  ports: readonly string[];
}

/** The output that tests take instead of running the step. */
export function PinnedOutputForm({ path, ports }: Props) {
  const id = splitPath(path).id;
  const pin = useEditor((editor) => (isPinnable(path) ? pinsOf(editor.document)[id] : undefined));
  const recorded = useRecorded();
  if (!isPinnable(path)) return null;
  const change = (next: PinnedOutput | null) => edit((document) => withPin(document, id, next), `pin ${id}`);
  if (!pin) {
    const known = recorded && path in recorded.outputs;
    const port = recorded?.ports[path];
    return (
      <Group gap="xs" justify="space-between">
        <Text size="sm" c="dimmed">
          {known ? "Ran in one of the latest runs." : "Has not run yet."}
        </Text>
        <Button
          size="compact-sm"
          variant="light"
          leftSection={<IconPin size={14} />}
          onClick={() =>
            change({
              output: known ? recorded.outputs[path] : null,
              ...(port && port !== "out" ? { port } : {}),
            })
          }
        >
          {known ? "Pin what it gave" : "Pin an output"}
        </Button>
      </Group>
    );
  }
  return (
    <Alert p="sm" icon={<IconPin size={16} />} title="Pinned">
      <Stack gap="xs">
        <Text size="sm">Tests take this output instead of running the step. Real runs never do.</Text>
        <OutputInput key={id} value={pin.output} onChange={(output) => change({ ...pin, output })} />
        {ports.length > 1 && (
          <Select
            size="xs"
            label="Leaves through"
            data={[...ports]}
            value={pin.port ?? null}
            error={pin.port ? null : "Choose a port."}
            onChange={(port) => change({ ...pin, port })}
          />
        )}
        <Group>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPinnedOff size={14} />}
            onClick={() => change(null)}
          >
            Unpin
          </Button>
        </Group>
      </Stack>
    </Alert>
  );
}

/** What cannot be read as JSON stands here only, until it can. */
function OutputInput({ value, onChange }: { value: unknown; onChange: (value: unknown) => void }) {
  const [own, setOwn] = useState<string | null>(null);
  const written = JSON.stringify(value ?? null, null, 2);
  // Undo, and whoever else changes the pin, is followed.
  const text = own !== null && (compact(own) ?? written) === written ? own : written;
  return (
    <JsonInput
      label="Output"
      minRows={2}
      value={text}
      onChange={(next) => {
        setOwn(next);
        try {
          onChange(JSON.parse(next));
        } catch {
          // Said by the field.
        }
      }}
    />
  );
}

/** A JSON text as it is written here; null if it is none. */
function compact(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
