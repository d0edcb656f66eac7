import { Alert, Stack } from "@mantine/core";
import { IconCircleXFilled } from "@tabler/icons-react";
import type { Run } from "@/api/generated/perdure.schemas";
import { hasEnded } from "@/api/queries/runs";
import { JsonView } from "@/components/json-view";

interface Props {
  run: Run;
}

/** What the run was given and what came of it. */
export function RunData({ run }: Props) {
  return (
    <Stack gap="lg" p="lg" maw={900}>
      {run.error && (
        <Alert color="red" title={run.error.code} icon={<IconCircleXFilled size={18} />}>
          {run.error.message}
        </Alert>
      )}
      <JsonView
        label="Output"
        value={run.output}
        empty={hasEnded(run.status) ? "The run gave none." : "It comes at the end."}
      />
      <JsonView label="Input" value={run.input} />
    </Stack>
  );
}
