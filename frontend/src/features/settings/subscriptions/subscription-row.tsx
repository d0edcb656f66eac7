import { ActionIcon, Alert, Badge, Button, Menu } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots, IconKey, IconPencil, IconPower, IconTrash } from "@tabler/icons-react";
import type { Subscription } from "@/api/generated/perdure.schemas";
import { deleteSubscription, testSubscription, updateSubscription } from "@/api/generated/subscriptions";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { Timestamp } from "@/components/timestamp";
import { settingsKeys } from "../queries";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { RotateDialog } from "./rotate-dialog";
import { SubscriptionDialog } from "./subscription-dialog";
import { SubscriptionLog } from "./subscription-log";

const REFRESH = [settingsKeys.subscriptions];

interface Props {
  subscription: Subscription;
}

/** A subscription, how it fares, and what can be done with it. */
export function SubscriptionRow({ subscription }: Props) {
  const { id, name, enabled, failing_since, workflows } = subscription;
  const [log, logs] = useDisclosure(false);
  const test = useChange({
    run: () => testSubscription(id),
    refresh: REFRESH,
    done: () => `A test goes to ${name}`,
    after: logs.open,
    failed: "No test was sent",
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{name}</div>
        <div className={classes.detail}>{subscription.hint}</div>
        <div className={classes.detail}>
          {subscription.events.join(", ")}
          {workflows && ` of ${workflows.join(", ")}`}
        </div>
      </div>
      {!enabled && (
        <Badge color="gray" tt="none">
          Off
        </Badge>
      )}
      {enabled && failing_since && (
        <Badge color="yellow" tt="none">
          Fails since <Timestamp at={failing_since} />
        </Badge>
      )}
      <Button variant="subtle" size="compact-sm" onClick={logs.open} aria-label={`Log of ${name}`}>
        Log
      </Button>
      <Button
        variant="subtle"
        size="compact-sm"
        disabled={!enabled}
        loading={test.isPending}
        onClick={() => test.mutate(undefined)}
        aria-label={`Test ${name}`}
      >
        Test
      </Button>
      <SubscriptionMenu subscription={subscription} />
      <Disabled subscription={subscription} />
      <SubscriptionLog id={id} name={name} opened={log} onClose={logs.close} />
    </li>
  );
}

function useTurn({ id, name, enabled }: Subscription) {
  return useChange({
    run: () => updateSubscription(id, { enabled: !enabled }),
    refresh: REFRESH,
    done: () => (enabled ? `${name} hears of nothing any more` : `${name} hears of what happens from now on`),
    failed: `${name} was not changed`,
  });
}

/** Why Perdure itself has turned it off. */
function Disabled({ subscription }: Props) {
  const turn = useTurn(subscription);
  if (subscription.enabled || !subscription.disabled_reason) return null;
  return (
    <Alert color="yellow" p="sm" w="100%" role="status">
      Perdure has turned it off: {subscription.disabled_reason} What happened meanwhile is not sent
      afterwards.{" "}
      <Button
        variant="default"
        size="compact-xs"
        loading={turn.isPending}
        onClick={() => turn.mutate(undefined)}
        aria-label={`Turn on again: ${subscription.name}`}
      >
        Turn on again
      </Button>
    </Alert>
  );
}

function SubscriptionMenu({ subscription }: Props) {
  const { id, name, enabled } = subscription;
  const [editing, edit] = useDisclosure(false);
  const [rotating, rotate] = useDisclosure(false);
  const [deleting, dialog] = useDisclosure(false);
  const turn = useTurn(subscription);
  const remove = useChange({
    run: () => deleteSubscription(id),
    refresh: REFRESH,
    done: () => `${name} was deleted`,
    after: dialog.close,
  });
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={`Actions of ${name}`}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={14} />} onClick={edit.open}>
            Edit
          </Menu.Item>
          <Menu.Item leftSection={<IconKey size={14} />} onClick={rotate.open}>
            Another secret
          </Menu.Item>
          <Menu.Item leftSection={<IconPower size={14} />} onClick={() => turn.mutate(undefined)}>
            {enabled ? "Turn off" : "Turn on"}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={dialog.open}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <SubscriptionDialog subscription={subscription} opened={editing} onClose={edit.close} />
      <RotateDialog subscription={subscription} opened={rotating} onClose={rotate.close} />
      <ConfirmDialog
        opened={deleting}
        onClose={dialog.close}
        title={`Delete ${name}?`}
        action="Delete"
        onConfirm={() => remove.mutate(undefined)}
        pending={remove.isPending}
        error={remove.error}
      >
        Nothing is sent there any more, and its log is gone.
      </ConfirmDialog>
    </>
  );
}
