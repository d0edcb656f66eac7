import { Modal, NumberInput, Stack, TagsInput, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { updateConnection } from "@/api/generated/connections";
import type { Connection } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { useChange } from "../use-change";
import { connectionKeys } from "./queries";

interface Props {
  connection: Connection;
  opened: boolean;
  onClose: () => void;
}

/** Who may use a connection, and how often. */
export function LimitsDialog({ connection, opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={`Who may use ${connection.name}`}>
      <LimitsForm connection={connection} onClose={onClose} />
    </Modal>
  );
}

function LimitsForm({ connection, onClose }: Omit<Props, "opened">) {
  const form = useForm({
    initialValues: {
      description: connection.description,
      workflows: connection.workflows ?? [],
      scopes: connection.scopes,
      calls: connection.calls_per_minute,
    },
  });
  const save = useChange({
    run: ({ description, workflows, scopes, calls }: typeof form.values) =>
      updateConnection(connection.id, {
        description,
        scopes,
        workflows: workflows.length > 0 ? workflows : null,
        calls_per_minute: calls,
      }),
    refresh: [connectionKeys.list],
    done: () => "It was changed",
    after: onClose,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        <TagsInput
          label="Workflows"
          description="Slugs of those that may use it. Empty: all of the workspace."
          data-autofocus
          {...form.getInputProps("workflows")}
        />
        <NumberInput
          label="Calls a minute"
          description="A step beyond it waits."
          min={1}
          max={6000}
          {...form.getInputProps("calls")}
        />
        {connection.credential === null && (
          <TagsInput
            label="Scopes"
            description="What is asked for when somebody connects again."
            {...form.getInputProps("scopes")}
          />
        )}
        <Textarea label="What it is for" autosize {...form.getInputProps("description")} />
        <FormAlert error={save.error} />
        <FormFooter action="Save" pending={save.isPending} />
      </Stack>
    </form>
  );
}
