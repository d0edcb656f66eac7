import { Checkbox, Group, NumberInput, PasswordInput, Radio, Stack, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { createSecretStore, updateSecretStore } from "@/api/generated/credentials";
import type { SecretStore } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { useChange } from "../use-change";
import { storeKey } from "./queries";

interface Props {
  /** The one to change; a new one otherwise. */
  store?: SecretStore;
  onClose: () => void;
}

/** Where a vault is, and what signs in to it. */
export function StoreForm({ store, onClose }: Props) {
  const form = useForm({
    initialValues: valuesOf(store),
    validate: {
      address: isNotEmpty("Say where it is."),
      secret: isNotEmpty("Enter it; it is not shown here again."),
    },
  });
  const save = useChange({
    run: (values: typeof form.values) => {
      const body = {
        secret: values.secret,
        is_default: values.isDefault,
        settings: {
          address: values.address,
          namespace: values.namespace === "" ? null : values.namespace,
          mount: values.mount,
          auth: values.auth,
          auth_mount: values.authMount,
          role_id: values.auth === "approle" ? values.roleId : null,
          cache_seconds: values.cache,
        },
      };
      return store ? updateSecretStore(store.id, body) : createSecretStore({ ...body, name: values.name });
    },
    refresh: [storeKey],
    done: () => (store ? "It was changed" : "The vault was added; test it now"),
    after: onClose,
  });
  const role = form.values.auth === "approle";
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        {!store && <TextInput label="Name" {...form.getInputProps("name")} />}
        <TextInput
          label="Address"
          description="The operator must allow it if it is private (PERDURE_EGRESS_ALLOW)."
          placeholder="https://vault.example.com:8200"
          data-autofocus
          {...form.getInputProps("address")}
        />
        <Group grow align="flex-start">
          <TextInput label="Namespace" description="Empty: none." {...form.getInputProps("namespace")} />
          <TextInput
            label="KV mount"
            description="A KV engine of version 2."
            {...form.getInputProps("mount")}
          />
        </Group>
        <Radio.Group label="Signs in by" {...form.getInputProps("auth")}>
          <Group mt={6}>
            <Radio value="approle" label="AppRole" />
            <Radio value="token" label="Token" />
          </Group>
        </Radio.Group>
        {role && (
          <Group grow align="flex-start">
            <TextInput label="Role id" {...form.getInputProps("roleId")} />
            <TextInput label="AppRole mount" {...form.getInputProps("authMount")} />
          </Group>
        )}
        <PasswordInput
          label={role ? "Secret id" : "Token"}
          description="Stored encrypted; nobody is shown it again."
          autoComplete="new-password"
          {...form.getInputProps("secret")}
        />
        <NumberInput
          label="Seconds in memory"
          description="How long a worker may keep a value before it reads it anew; 0: not at all."
          min={0}
          max={300}
          {...form.getInputProps("cache")}
        />
        <Checkbox
          label="The workspace's own choice, for credentials that name no vault"
          {...form.getInputProps("isDefault", { type: "checkbox" })}
        />
        <FormAlert error={save.error} />
        <FormFooter action={store ? "Save" : "Add"} pending={save.isPending} />
      </Stack>
    </form>
  );
}

function valuesOf(store: SecretStore | undefined) {
  const known = store?.settings;
  return {
    name: store?.name ?? "vault",
    address: known?.address ?? "",
    namespace: known?.namespace ?? "",
    mount: known?.mount ?? "secret",
    auth: known?.auth ?? "approle",
    authMount: known?.auth_mount ?? "approle",
    roleId: known?.role_id ?? "",
    cache: known?.cache_seconds ?? 30,
    secret: "",
    isDefault: store?.is_default ?? false,
  };
}
