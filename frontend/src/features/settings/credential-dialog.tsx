import { Button, Group, Modal, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { lazy, Suspense, useRef, useState } from "react";
import { createCredential, updateCredential } from "@/api/generated/credentials";
import type { Credential, CredentialType } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { LoadingRows } from "@/components/loading";
import { formSchema, NO_FIELDS, partFields } from "./credential-schema";
import { settingsKeys } from "./queries";
import { HERE, PlaceFields, placeOf, sourceOf } from "./stores/place-fields";
import { storeKey } from "./stores/queries";
import { useChange } from "./use-change";

const SchemaForm = lazy(async () => ({
  default: (await import("@/components/schema-form/schema-form")).SchemaForm,
}));

interface Props {
  opened: boolean;
  onClose: () => void;
  types: CredentialType[];
  /** The one to give a new value; a new one otherwise. */
  credential?: Credential;
}

/** Takes a secret; nobody is shown it again. */
export function CredentialDialog({ opened, onClose, ...form }: Props) {
  const title = form.credential ? `New value of ${form.credential.name}` : "New credential";
  return (
    <Modal opened={opened} onClose={onClose} title={title} size="lg">
      <CredentialForm onClose={onClose} {...form} />
    </Modal>
  );
}

const NAME = /^[a-z0-9][a-z0-9._-]*$/;

function CredentialForm({ onClose, types, credential }: Omit<Props, "opened">) {
  const [fields, setFields] = useState<unknown>(credential?.public);
  const fieldsForm = useRef<HTMLDivElement>(null);
  const form = useForm({
    initialValues: {
      type: credential?.type ?? "bearer",
      name: credential?.name ?? "",
      description: credential?.description ?? "",
      hosts: credential?.hosts ?? [],
      ...placeOf(credential?.source ?? null),
    },
    validate: {
      name: (name) =>
        NAME.test(name)
          ? null
          : "Use small letters, digits, dots, hyphens and underscores, such as stripe-live.",
    },
  });
  const type = types.find(({ name }) => name === form.values.type);
  const elsewhere = form.values.store !== HERE;
  const save = useChange({
    run: ({ chosen, data }: { chosen: CredentialType; data: unknown }) => {
      const { name, description, hosts } = form.values;
      const { public: open, secret } = partFields(chosen, data);
      const value = elsewhere ? { source: sourceOf(form.values) } : { secret };
      const body = { public: open, ...value, name, description, hosts: hosts.length > 0 ? hosts : null };
      return credential
        ? updateCredential(credential.id, body)
        : createCredential({ ...body, type: chosen.name });
    },
    refresh: [settingsKeys.credentials, storeKey],
    done: () => (credential ? "The new value is in use" : "The credential was stored"),
    after: onClose,
  });
  const submit = () => {
    if (!form.validate().hasErrors) fieldsForm.current?.querySelector("form")?.requestSubmit();
  };
  return (
    <Stack>
      {!credential && (
        <>
          <Select
            label="Type"
            data={types
              .filter(({ available }) => available)
              .map(({ name, title }) => ({ value: name, label: title }))}
            allowDeselect={false}
            {...form.getInputProps("type")}
            onChange={(next) => {
              setFields(undefined);
              if (next) form.setFieldValue("type", next);
            }}
          />
          {type && (
            <Text size="sm" c="dimmed">
              {type.description}
            </Text>
          )}
        </>
      )}
      <TextInput
        label="Name"
        description="Workflows name it by this."
        placeholder="stripe-live"
        {...form.getInputProps("name")}
      />
      <TextInput label="What it is for" {...form.getInputProps("description")} />
      <PlaceFields form={form} credential={credential} main={type?.main ?? null} />
      {type && (
        <Suspense fallback={<LoadingRows rows={2} />}>
          <SchemaForm
            key={`${type.name} ${elsewhere}`}
            schema={formSchema(elsewhere ? { ...type, secret_schema: NO_FIELDS } : type)}
            data={fields}
            onChange={setFields}
            onSubmit={(data) => save.mutate({ chosen: type, data })}
            formRef={fieldsForm}
          />
        </Suspense>
      )}
      {type?.sendable && (
        <TagsInput
          label="Where it may be sent"
          description="Hosts such as api.example.com or *.example.com. Empty: to the address that the workflow writes out."
          {...form.getInputProps("hosts")}
        />
      )}
      <FormAlert error={save.error} />
      <Group justify="flex-end">
        <Button loading={save.isPending} disabled={!type} onClick={submit}>
          {credential ? "Replace" : "Store"}
        </Button>
      </Group>
    </Stack>
  );
}
