import { Checkbox, Modal, Select, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { createApiKey } from "@/api/generated/api-keys";
import type { Permission } from "@/api/generated/perdure.schemas";
import { meQuery } from "@/api/queries/account";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { expiryOf, LIFETIMES, scopeLabel } from "./key-choices";
import { OneTimeSecret } from "./one-time-secret";
import { settingsKeys } from "./queries";
import classes from "./settings.module.css";
import { useChange } from "./use-change";

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Makes a key and shows it this once. */
export function CreateKeyDialog({ opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="New API key" size="lg">
      <CreateKeyForm onClose={onClose} />
    </Modal>
  );
}

function CreateKeyForm({ onClose }: Omit<Props, "opened">) {
  const { data: me } = useQuery(meQuery);
  const [made, setMade] = useState<string | null>(null);
  const form = useForm({
    initialValues: { name: "", scopes: ["runs:start", "runs:read"] as string[], days: "90" },
    validate: {
      name: isNotEmpty("Say which program it is for."),
      scopes: (scopes) => (scopes.length === 0 ? "Choose at least one permission." : null),
    },
  });
  const create = useChange({
    run: ({ name, scopes, days }: typeof form.values) =>
      createApiKey({
        name: name.trim(),
        scopes: scopes as Permission[],
        expires_at: expiryOf(days, Date.now()),
      }),
    refresh: [settingsKeys.keys],
    after: ({ key }) => setMade(key),
  });
  if (made !== null) {
    return (
      <OneTimeSecret
        value={made}
        note="Copy the key to where it is used. It is not shown again; if it is lost, make another one."
        onDone={onClose}
      />
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
      <Stack>
        <TextInput label="Name" placeholder="Nightly import" data-autofocus {...form.getInputProps("name")} />
        <Checkbox.Group label="It may" {...form.getInputProps("scopes")}>
          <div className={classes.scopes}>
            {me?.permissions.map((scope) => (
              <Checkbox key={scope} value={scope} label={scopeLabel(scope)} />
            ))}
          </div>
        </Checkbox.Group>
        <Select
          label="It ends"
          data={LIFETIMES}
          allowDeselect={false}
          maw={220}
          {...form.getInputProps("days")}
        />
        <FormAlert error={create.error} />
        <FormFooter action="Create the key" pending={create.isPending} />
      </Stack>
    </form>
  );
}
