import { ActionIcon, Button, Group, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { useState } from "react";
import type { BulkOperation, RunFilter } from "@/api/generated/perdure.schemas";
import { plural } from "@/lib/format";
import classes from "./bulk-bar.module.css";
import { BulkDialog, type Meant } from "./bulk-dialog";
import { OFFERED, OPERATIONS } from "./bulk-words";
import type { Selection } from "./run-selection";

interface Props {
  selection: Selection;
  filter: RunFilter;
  /** Whether the filter means more runs than are listed. */
  more: boolean;
}

/** What can be done with the chosen runs. */
export function BulkBar({ selection, filter, more }: Props) {
  const [operation, setOperation] = useState<BulkOperation | null>(null);
  const { ids, everything } = selection;
  if (ids.size === 0) return null;
  const meant: Meant = everything ? { filter: named(filter) } : { ids: [...ids] };
  return (
    <div className={classes.bar} role="toolbar" aria-label="Chosen runs">
      <Text size="sm" fw={560}>
        {everything ? "All runs that fit" : `${plural(ids.size, "run")} chosen`}
      </Text>
      {more && !everything && (
        <Button size="compact-sm" variant="subtle" onClick={selection.takeEverything}>
          Choose all that fit
        </Button>
      )}
      <Group gap={6} className={classes.actions}>
        {OFFERED.map((name) => (
          <Button
            key={name}
            size="compact-sm"
            variant="default"
            {...(OPERATIONS[name].harsh ? { c: "var(--mantine-color-error)" } : {})}
            onClick={() => setOperation(name)}
          >
            {OPERATIONS[name].label}
          </Button>
        ))}
      </Group>
      <ActionIcon size="md" aria-label="Choose none" onClick={selection.clear}>
        <IconX size={16} />
      </ActionIcon>
      {operation !== null && (
        <BulkDialog
          operation={operation}
          meant={meant}
          onClose={() => setOperation(null)}
          onStarted={selection.clear}
        />
      )}
    </div>
  );
}

/** The API wants at least one condition, so that nobody means all runs by mistake. */
function named(filter: RunFilter): RunFilter {
  return Object.keys(filter).length > 0 ? filter : { created_before: new Date().toISOString() };
}
