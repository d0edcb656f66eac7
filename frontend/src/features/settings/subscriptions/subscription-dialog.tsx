import { Modal, MultiSelect, Stack, TagsInput, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useState } from "react";
import { CallbackEvent, type Subscription } from "@/api/generated/perdure.schemas";
import { createSubscription, updateSubscription } from "@/api/generated/subscriptions";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { OneTimeSecret } from "../one-time-secret";
import { settingsKeys } from "../queries";
import { useChange } from "../use-change";

interface Props {
  /** The one to change; a new one otherwise. */
  subscription?: Subscription;
  opened: boolean;
  onClose: () => void;
}

/** Says who hears of what. */
export function SubscriptionDialog({ subscription, opened, onClose }: Props) {
  const title = subscription ? `Edit ${subscription.name}` : "New subscription";
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <SubscriptionForm subscription={subscription} onClose={onClose} />
    </Modal>
  );
}

interface Values {
  name: string;
  url: string;
  events: CallbackEvent[];
  workflows: string[];
}

interface FormProps {
  subscription: Subscription | undefined;
  onClose: () => void;
}

function SubscriptionForm({ subscription, onClose }: FormProps) {
  const [secret, setSecret] = useState<string | null>(null);
  const form = useForm<Values>({
    initialValues: {
      name: subscription?.name ?? "",
      url: "",
      events: (subscription?.events as CallbackEvent[]) ?? ["run.completed", "run.failed"],
      workflows: subscription?.workflows ?? [],
    },
    validate: {
      name: isNotEmpty("Give it a name."),
      url: (url) => (isAddress(url, subscription !== undefined) ? null : "The address begins with https://."),
      events: isNotEmpty("Choose at least one event."),
    },
  });
  const create = useChange({
    run: ({ workflows, ...values }: Values) =>
      createSubscription({ ...values, ...(workflows.length > 0 && { workflows }) }),
    refresh: [settingsKeys.subscriptions],
    after: ({ signing_secret }) => setSecret(signing_secret),
  });
  const change = useChange({
    run: ({ url, workflows, ...values }: Values) =>
      updateSubscription(subscription?.id ?? "", {
        ...values,
        ...(url && { url }),
        workflows: workflows.length > 0 ? workflows : null,
      }),
    refresh: [settingsKeys.subscriptions],
    done: ({ name }) => `${name} was changed`,
    after: onClose,
  });
  const save = subscription ? change : create;
  if (secret !== null) {
    const note = "With it the receiver checks that an event comes from here. It is not shown again.";
    return <OneTimeSecret value={secret} note={note} onDone={onClose} />;
  }
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack>
        <TextInput label="Name" placeholder="ERP" data-autofocus {...form.getInputProps("name")} />
        <TextInput
          label="Address"
          autoComplete="off"
          placeholder={subscription?.hint ?? "https://"}
          {...(subscription && { description: "Leave it empty to keep the one that is there." })}
          {...form.getInputProps("url")}
        />
        <MultiSelect label="Events" data={Object.values(CallbackEvent)} {...form.getInputProps("events")} />
        <TagsInput
          label="Only of these workflows"
          description="Their slugs, each ended by Enter; none: of all."
          {...form.getInputProps("workflows")}
        />
        <FormAlert error={save.error} />
        <FormFooter action={subscription ? "Save" : "Create"} pending={save.isPending} />
      </Stack>
    </form>
  );
}

function isAddress(url: string, known: boolean): boolean {
  return /^https?:\/\//.test(url) || (known && url === "");
}
