import { Badge, Button, Group, Menu } from "@mantine/core";
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import { deleteConnection, refreshConnection } from "@/api/generated/connections";
import type { Connection } from "@/api/generated/perdure.schemas";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { Timestamp } from "@/components/timestamp";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { ActionsDialog } from "./actions-dialog";
import { CallsDialog } from "./calls-dialog";
import { LimitsDialog } from "./limits-dialog";
import { connectionKeys } from "./queries";
import { useSignIn } from "./use-sign-in";

const STATUS = {
  pending: { label: "Not connected", color: "gray" },
  active: { label: "Connected", color: "green" },
  broken: { label: "Connect again", color: "red" },
} as const;

interface Props {
  connection: Connection;
  edits: boolean;
}

/** A connection with what can be done about it. */
export function ConnectionRow({ connection, edits }: Props) {
  const { id, name, status } = connection;
  const [doing, setDoing] = useState<"actions" | "calls" | "limits" | "delete" | null>(null);
  const close = () => setDoing(null);
  const signIn = useSignIn();
  const renew = useChange({
    run: () => refreshConnection(id),
    refresh: [connectionKeys.list],
    done: () => `The access of ${name} was renewed`,
    failed: "The access was not renewed",
  });
  const oauth = connection.credential === null;
  const signsIn = oauth && !connection.own_access;
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <Group gap="xs">
          <span className={classes.name}>{name}</span>
          <span className={classes.detail}>{connection.provider_title}</span>
        </Group>
        <div className={classes.detail}>
          {connection.problem ?? (connection.account ? `as ${connection.account}` : connection.description)}
          {connection.last_used_at ? (
            <>
              {" · used "}
              <Timestamp at={connection.last_used_at} />
            </>
          ) : (
            " · not used yet"
          )}
        </div>
      </div>
      <Badge color={STATUS[status].color} tt="none">
        {STATUS[status].label}
      </Badge>
      {edits && signsIn && status !== "active" && (
        <Button
          size="compact-sm"
          loading={signIn.isPending}
          onClick={() => signIn.mutate(id)}
          aria-label={`Connect ${name}`}
        >
          Connect
        </Button>
      )}
      <Button
        variant="subtle"
        size="compact-sm"
        onClick={() => setDoing("actions")}
        aria-label={`Actions of ${name}`}
      >
        Actions
      </Button>
      <Menu>
        <Menu.Target>
          <Button variant="subtle" color="gray" px={8} aria-label={`More about ${name}`}>
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => setDoing("calls")}>Log of calls</Menu.Item>
          {edits && <Menu.Item onClick={() => setDoing("limits")}>Who may use it</Menu.Item>}
          {edits && oauth && (status === "active" || !signsIn) && (
            <Menu.Item onClick={() => renew.mutate(undefined)}>Renew the access now</Menu.Item>
          )}
          {edits && signsIn && status === "active" && (
            <Menu.Item onClick={() => signIn.mutate(id)}>Connect again</Menu.Item>
          )}
          {edits && (
            <Menu.Item color="red" onClick={() => setDoing("delete")}>
              Delete and revoke
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <ActionsDialog connection={connection} edits={edits} opened={doing === "actions"} onClose={close} />
      <CallsDialog connection={connection} opened={doing === "calls"} onClose={close} />
      <LimitsDialog connection={connection} opened={doing === "limits"} onClose={close} />
      <DeleteDialog connection={connection} opened={doing === "delete"} onClose={close} />
    </li>
  );
}

interface DialogProps {
  connection: Connection;
  opened: boolean;
  onClose: () => void;
}

function DeleteDialog({ connection, opened, onClose }: DialogProps) {
  const remove = useChange({
    run: () => deleteConnection(connection.id),
    refresh: [connectionKeys.list],
    done: () => `${connection.name} was deleted`,
    after: onClose,
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Delete ${connection.name}?`}
      action="Delete"
      onConfirm={() => remove.mutate(undefined)}
      pending={remove.isPending}
      error={remove.error}
    >
      Steps that use it will fail from now on. Its access is taken back at the provider.
    </ConfirmDialog>
  );
}
