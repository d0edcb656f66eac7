import { Badge, Button, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { Channel, CreatedChannel, SentMessage } from "@/api/generated/perdure.schemas";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { OneTimeSecret } from "./one-time-secret";
import { settingsKeys } from "./queries";
import { Section } from "./section";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

const KINDS = [
  { value: "slack", label: "Slack" },
  { value: "teams", label: "Microsoft Teams" },
  { value: "webhook", label: "Webhook" },
];

interface NewChannel {
  name: string;
  kind: "slack" | "teams" | "webhook";
  url: string;
}

interface Props {
  title: string;
  lead: string;
  empty: string;
  channels: readonly Channel[];
  onCreate: (channel: NewChannel) => Promise<CreatedChannel>;
  onDelete: (id: string) => Promise<unknown>;
  onTest: (id: string) => Promise<SentMessage>;
}

/** Places where messages go, of a person or of the workspace. */
export function NotificationChannels({ title, lead, empty, channels, onCreate, onDelete, onTest }: Props) {
  const [creating, create] = useDisclosure(false);
  return (
    <Section
      title={title}
      lead={lead}
      actions={
        <Button variant="default" leftSection={<IconPlus size={16} />} onClick={create.open}>
          Connect
        </Button>
      }
    >
      {channels.length === 0 ? (
        <Text size="sm" c="dimmed">
          {empty}
        </Text>
      ) : (
        <ul className={classes.list} aria-label={title}>
          {channels.map((channel) => (
            <ChannelRow key={channel.id} channel={channel} onDelete={onDelete} onTest={onTest} />
          ))}
        </ul>
      )}
      <Modal opened={creating} onClose={create.close} title="Connect a channel">
        <ChannelForm onCreate={onCreate} onClose={create.close} />
      </Modal>
    </Section>
  );
}

interface RowProps extends Pick<Props, "onDelete" | "onTest"> {
  channel: Channel;
}

function ChannelRow({ channel, onDelete, onTest }: RowProps) {
  const [opened, dialog] = useDisclosure(false);
  const test = useChange({
    run: () => onTest(channel.id),
    refresh: [settingsKeys.messages],
    done: () => `A test message goes to ${channel.name}`,
    failed: "No test message was sent",
  });
  const remove = useChange({
    run: () => onDelete(channel.id),
    refresh: [settingsKeys.notifications],
    done: () => `${channel.name} was disconnected`,
    after: dialog.close,
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{channel.name}</div>
        <div className={classes.detail}>
          {KINDS.find(({ value }) => value === channel.kind)?.label ?? "Mail server"}, {channel.hint}
        </div>
      </div>
      {!channel.enabled && <Badge color="gray">Off</Badge>}
      <Button
        variant="subtle"
        size="compact-sm"
        loading={test.isPending}
        onClick={() => test.mutate(undefined)}
        aria-label={`Test ${channel.name}`}
      >
        Test
      </Button>
      <Button
        variant="subtle"
        color="red"
        size="compact-sm"
        onClick={dialog.open}
        aria-label={`Disconnect ${channel.name}`}
      >
        Disconnect
      </Button>
      <ConfirmDialog
        opened={opened}
        onClose={dialog.close}
        title={`Disconnect ${channel.name}?`}
        action="Disconnect"
        onConfirm={() => remove.mutate(undefined)}
        pending={remove.isPending}
        error={remove.error}
      >
        Nothing is sent there any more. To connect it again you need its address.
      </ConfirmDialog>
    </li>
  );
}

interface FormProps extends Pick<Props, "onCreate"> {
  onClose: () => void;
}

function ChannelForm({ onCreate, onClose }: FormProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const form = useForm<NewChannel>({
    initialValues: { name: "", kind: "slack", url: "" },
    validate: {
      name: isNotEmpty("Give it a name."),
      url: (url) => (url.startsWith("https://") ? null : "The address begins with https://."),
    },
  });
  const create = useChange({
    run: (values: NewChannel) => onCreate(values),
    refresh: [settingsKeys.notifications],
    done: ({ name }) => `${name} is connected`,
    after: ({ signing_secret }) => (signing_secret ? setSecret(signing_secret) : onClose()),
  });
  if (secret !== null) {
    return (
      <OneTimeSecret
        value={secret}
        note="With it the receiver checks that a message comes from here. It is not shown again."
        onDone={onClose}
      />
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
      <Stack>
        <TextInput label="Name" placeholder="Finance" data-autofocus {...form.getInputProps("name")} />
        <Select label="Kind" data={KINDS} allowDeselect={false} {...form.getInputProps("kind")} />
        <TextInput
          label="Address of the incoming webhook"
          autoComplete="off"
          {...form.getInputProps("url")}
        />
        <FormAlert error={create.error} />
        <FormFooter action="Connect" pending={create.isPending} />
      </Stack>
    </form>
  );
}
