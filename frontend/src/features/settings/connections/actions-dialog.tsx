import { Badge, Button, Group, Modal, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { deleteConnectionAction, updateConnection } from "@/api/generated/connections";
import type { Connection, ConnectionAction } from "@/api/generated/perdure.schemas";
import { ErrorPanel } from "@/components/error-panel";
import { LoadingRows } from "@/components/loading";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { ImportForm } from "./import-form";
import { actionsQuery, connectionKeys } from "./queries";
import { TryAction } from "./try-action";

const EFFECTS = {
  read: { label: "reads", color: "gray" },
  write: { label: "changes", color: "blue" },
  irreversible: { label: "cannot be undone", color: "orange" },
} as const;

interface Props {
  connection: Connection;
  edits: boolean;
  opened: boolean;
  onClose: () => void;
}

/** What can be done through a connection: switched on or off, tried, imported. */
export function ActionsDialog({ connection, edits, opened, onClose }: Props) {
  const [trying, setTrying] = useState<ConnectionAction | null>(null);
  const [importing, setImporting] = useState(false);
  const back = () => {
    setTrying(null);
    setImporting(false);
  };
  const title = trying ? `${trying.title} with ${connection.name}` : `Actions of ${connection.name}`;
  return (
    <Modal opened={opened} onClose={onClose} onExitTransitionEnd={back} title={title} size="xl">
      {trying && <TryAction connection={connection} action={trying} onBack={back} />}
      {importing && <ImportForm connection={connection} onBack={back} />}
      {!trying && !importing && (
        <ActionsOverview
          connection={connection}
          edits={edits}
          onTry={setTrying}
          onImport={() => setImporting(true)}
        />
      )}
    </Modal>
  );
}

interface OverviewProps {
  connection: Connection;
  edits: boolean;
  onTry: (action: ConnectionAction) => void;
  onImport: () => void;
}

function ActionsOverview({ connection, edits, onTry, onImport }: OverviewProps) {
  const actions = useQuery(actionsQuery(connection.id));
  if (actions.isError) return <ErrorPanel error={actions.error} onRetry={() => void actions.refetch()} />;
  if (actions.isPending) return <LoadingRows rows={4} />;
  const { items } = actions.data;
  return (
    <>
      <Group justify="space-between" mb="sm">
        <Text size="sm" c="dimmed">
          {items.length === 0
            ? "It has no actions yet: import the OpenAPI description of its API."
            : "Steps name them; agents are offered those that you give them."}
        </Text>
        {edits && (
          <Button variant="default" size="compact-sm" onClick={onImport}>
            Import from OpenAPI
          </Button>
        )}
      </Group>
      {items.length > 0 && (
        <ul className={classes.list} aria-label="Actions">
          {items.map((action) => (
            <ActionRow
              key={action.name}
              connection={connection}
              action={action}
              all={items}
              edits={edits}
              onTry={() => onTry(action)}
            />
          ))}
        </ul>
      )}
    </>
  );
}

interface RowProps {
  connection: Connection;
  action: ConnectionAction;
  all: ConnectionAction[];
  edits: boolean;
  onTry: () => void;
}

function ActionRow({ connection, action, all, edits, onTry }: RowProps) {
  const refresh = [connectionKeys.all];
  const turn = useChange({
    run: (enabled: boolean) => {
      const on = all.filter((one) => (one.name === action.name ? enabled : one.enabled));
      return updateConnection(connection.id, {
        allowed: on.length === all.length ? null : on.map(({ name }) => name),
      });
    },
    refresh,
    failed: `${action.title} was not changed`,
  });
  const remove = useChange({
    run: () => deleteConnectionAction(connection.id, action.name),
    refresh,
    failed: `${action.title} was not removed`,
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{action.title}</div>
        <div className={classes.detail}>
          {action.name}
          {!action.granted && ` · needs ${action.scopes.join(", ")}, which was not granted`}
        </div>
      </div>
      <Badge color={EFFECTS[action.effect].color} tt="none">
        {EFFECTS[action.effect].label}
      </Badge>
      {edits && (
        <>
          <Switch
            checked={action.enabled}
            disabled={turn.isPending}
            onChange={(event) => turn.mutate(event.currentTarget.checked)}
            aria-label={`${action.title} may be called`}
          />
          <Button
            variant="subtle"
            size="compact-sm"
            disabled={connection.status === "pending" || !action.enabled}
            onClick={onTry}
            aria-label={`Try ${action.title}`}
          >
            Try
          </Button>
          {action.imported && (
            <Button
              variant="subtle"
              color="red"
              size="compact-sm"
              loading={remove.isPending}
              onClick={() => remove.mutate(undefined)}
              aria-label={`Remove ${action.title}`}
            >
              Remove
            </Button>
          )}
        </>
      )}
    </li>
  );
}
