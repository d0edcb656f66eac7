import { ActionIcon, Badge, Button, Collapse, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconKey, IconLink, IconPencil, IconTerminal2, IconTrash } from "@tabler/icons-react";
import { deleteHook } from "@/api/generated/hooks";
import type { Hook } from "@/api/generated/perdure.schemas";
import { CopyButton } from "@/components/copy-button";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { curlOf } from "./curl";
import { HookDialog } from "./hook-dialog";
import { SIGNATURES } from "./hook-draft";
import { HookLog } from "./hook-log";
import { RotateDialog } from "./hook-rotate";
import { triggerKeys } from "./queries";
import classes from "./triggers.module.css";
import { useAction } from "./use-action";

interface Props {
  hooks: readonly Hook[];
}

/** Webhooks, forms and mails, each with its address and what came in. */
export function HookList({ hooks }: Props) {
  return (
    <ul className={classes.list} aria-label="Hooks">
      {hooks.map((hook) => (
        <HookItem key={hook.id} hook={hook} />
      ))}
    </ul>
  );
}

function HookItem({ hook }: { hook: Hook }) {
  const [example, toggleExample] = useDisclosure(false);
  const [log, logs] = useDisclosure(false);
  const address = `${window.location.origin}${hook.path}`;
  const command = curlOf(hook, address);
  return (
    <li className={classes.item}>
      <div className={classes.row}>
        <span className={classes.name}>{hook.name}</span>
        <Badge color="gray" tt="none">
          {wordsOf(hook)}
        </Badge>
        {!hook.enabled && (
          <Badge color="yellow" tt="none">
            Off
          </Badge>
        )}
        <span className={classes.end}>
          <Button
            variant="subtle"
            size="compact-sm"
            onClick={logs.open}
            aria-label={`Deliveries of ${hook.name}`}
          >
            Deliveries
          </Button>
          <HookActions hook={hook} onExample={toggleExample.toggle} />
        </span>
      </div>
      <div className={classes.address} data-secret>
        <span>{address}</span> <CopyButton value={address} label={`Copy the address of ${hook.name}`} />
      </div>
      {hook.kind !== "form" && (
        <Collapse expanded={example}>
          {example && (
            <div className={classes.example}>
              <pre className={classes.code} data-secret>
                {command}
              </pre>
              <CopyButton value={command} label="Copy the example" />
            </div>
          )}
        </Collapse>
      )}
      <HookLog hook={hook} opened={log} onClose={logs.close} />
    </li>
  );
}

interface ActionsProps {
  hook: Hook;
  onExample: () => void;
}

function HookActions({ hook, onExample }: ActionsProps) {
  const [editing, edit] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const [secret, renewSecret] = useDisclosure(false);
  const [address, renewAddress] = useDisclosure(false);
  const signed = hook.settings.signature !== "none";
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`Actions of ${hook.name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={14} />} onClick={edit.open}>
            Edit
          </Menu.Item>
          {hook.kind !== "form" && (
            <Menu.Item leftSection={<IconTerminal2 size={14} />} onClick={onExample}>
              Example with curl
            </Menu.Item>
          )}
          {signed && (
            <Menu.Item leftSection={<IconKey size={14} />} onClick={renewSecret.open}>
              Another secret
            </Menu.Item>
          )}
          {!hook.path.startsWith("/fill/") && (
            <Menu.Item leftSection={<IconLink size={14} />} onClick={renewAddress.open}>
              Another address
            </Menu.Item>
          )}
          <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={remove.open}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <HookDialog workflow={hook.workflow} hook={hook} opened={editing} onClose={edit.close} />
      <RotateDialog hook={hook} what="secret" opened={secret} onClose={renewSecret.close} />
      <RotateDialog hook={hook} what="address" opened={address} onClose={renewAddress.close} />
      <DeleteDialog hook={hook} opened={deleting} onClose={remove.close} />
    </>
  );
}

interface DialogProps {
  hook: Hook;
  opened: boolean;
  onClose: () => void;
}

function DeleteDialog({ hook, opened, onClose }: DialogProps) {
  const remove = useAction({
    run: () => deleteHook(hook.id),
    refresh: triggerKeys.hooks,
    done: `${hook.name} was deleted`,
    after: onClose,
  });
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Delete ${hook.name}?`}
      action="Delete"
      onConfirm={() => remove.mutate(undefined)}
      pending={remove.isPending}
      error={remove.error}
    >
      Its address answers 404 from then on, and its log is gone. Its runs stay.
    </ConfirmDialog>
  );
}

function wordsOf({ kind, settings }: Hook): string {
  if (kind === "form")
    return settings.form?.access === "public" ? "Public form" : "Form for signed-in people";
  const proof = SIGNATURES.find(({ value }) => value === settings.signature)?.label.split(":")[0];
  const what = kind === "email" ? "Mails" : "Webhook";
  return settings.signature === "none" ? `${what}, unsigned` : `${what}, ${proof}`;
}
