import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { lazy, Suspense, useRef, useState } from "react";
import { tryConnectionAction } from "@/api/generated/connections";
import type { Connection, ConnectionAction } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { JsonView } from "@/components/json-view";
import { LoadingRows } from "@/components/loading";
import { useChange } from "../use-change";
import { connectionKeys } from "./queries";

const SchemaForm = lazy(async () => ({
  default: (await import("@/components/schema-form/schema-form")).SchemaForm,
}));

interface Props {
  connection: Connection;
  action: ConnectionAction;
  onBack: () => void;
}

/** Calls an action once, for a person who wants to see that it works. */
export function TryAction({ connection, action, onBack }: Props) {
  const [data, setData] = useState<unknown>({});
  const fields = useRef<HTMLDivElement>(null);
  const attempt = useChange({
    run: (given: Record<string, unknown>) =>
      tryConnectionAction(connection.id, action.name, { arguments: given }),
    refresh: [[...connectionKeys.all, "calls", connection.id]],
  });
  return (
    <Stack>
      {action.effect !== "read" && (
        <Alert color="yellow" p="sm">
          This is no rehearsal: it really does what it does.
        </Alert>
      )}
      {action.description && action.description !== action.title && (
        <Text size="sm" c="dimmed">
          {action.description}
        </Text>
      )}
      <Suspense fallback={<LoadingRows rows={2} />}>
        <SchemaForm
          schema={action.input_schema}
          data={data}
          onChange={setData}
          onSubmit={(given) => attempt.mutate((given ?? {}) as Record<string, unknown>)}
          formRef={fields}
        />
      </Suspense>
      <FormAlert error={attempt.error} />
      {attempt.data && (
        <div role="status">
          <Text size="sm" mb={6}>
            Answered {attempt.data.status}. Secrets are taken out.
          </Text>
          <JsonView label="Answer" value={attempt.data.body} empty="Nothing in it." />
        </div>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onBack}>
          Back
        </Button>
        <Button
          loading={attempt.isPending}
          onClick={() => fields.current?.querySelector("form")?.requestSubmit()}
        >
          Call it
        </Button>
      </Group>
    </Stack>
  );
}
