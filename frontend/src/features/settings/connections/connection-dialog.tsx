import { Alert, Group, Modal, Radio, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { createConnection } from "@/api/generated/connections";
import type { ConnectionProvider } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { LoadingRows } from "@/components/loading";
import { credentialsQuery } from "../queries";
import { useChange } from "../use-change";
import { appsQuery, connectionKeys, providersQuery } from "./queries";
import { useSignIn } from "./use-sign-in";

interface Props {
  opened: boolean;
  onClose: () => void;
}

interface Values {
  provider: string;
  name: string;
  by: "oauth" | "credential";
  app: string | null;
  credential: string | null;
  apiUrl: string;
  scopes: string[];
}

type Form = UseFormReturnType<Values>;

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const OPERATOR = "operator";
const SENDABLE = ["api_key", "basic", "bearer", "header"];

/** Connects an account: which provider, by which OAuth client, and then the sign-in there. */
export function ConnectionDialog({ opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="New connection" size="lg">
      <ConnectionForm onClose={onClose} />
    </Modal>
  );
}

function ConnectionForm({ onClose }: { onClose: () => void }) {
  const { data: providers } = useQuery(providersQuery);
  const { data: apps } = useQuery(appsQuery);
  const signIn = useSignIn();
  const form = useForm<Values>({
    initialValues: {
      provider: "slack",
      name: "slack",
      by: "oauth",
      app: null,
      credential: null,
      apiUrl: "",
      scopes: [],
    },
    validate: {
      name: (name) =>
        NAME.test(name)
          ? null
          : "Use small letters, digits, dots, hyphens and underscores, such as team-slack.",
    },
  });
  const { provider, by } = form.values;
  const chosen = providers?.items.find(({ name }) => name === provider);
  const clients = apps?.items.filter((app) => app.provider === provider) ?? [];
  const options = clientOptions(chosen, clients);
  const app = form.values.app ?? options[0]?.value ?? null;
  const withCredential = provider === "custom" && by === "credential";
  const save = useChange({
    run: ({ name, credential, apiUrl, scopes }: Values) =>
      createConnection(
        withCredential
          ? { name, provider, credential, api_url: apiUrl }
          : { name, provider, app: app === OPERATOR ? null : app, scopes: scopes.length > 0 ? scopes : null },
      ),
    refresh: [connectionKeys.list],
    after: ({ id }) => (withCredential ? onClose() : signIn.mutate(id)),
  });
  if (!providers) return <LoadingRows rows={4} />;
  const ready = withCredential ? form.values.credential !== null : app !== null;
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        <Select
          label="Provider"
          data={providers.items.map(({ name, title }) => ({ value: name, label: title }))}
          allowDeselect={false}
          value={provider}
          onChange={(next) => {
            if (!next) return;
            if (form.values.name === provider) form.setFieldValue("name", next);
            form.setValues({ provider: next, app: null, scopes: [] });
          }}
        />
        <Text size="sm" c="dimmed">
          {chosen?.description}
        </Text>
        <TextInput
          label="Name"
          description="Workflows name it by this."
          data-autofocus
          {...form.getInputProps("name")}
        />
        {provider === "custom" && (
          <Radio.Group label="It is authenticated by" {...form.getInputProps("by")}>
            <Group mt={6}>
              <Radio value="oauth" label="OAuth 2" />
              <Radio value="credential" label="A credential" />
            </Group>
          </Radio.Group>
        )}
        {withCredential ? (
          <CredentialFields form={form} />
        ) : (
          <ClientFields
            form={form}
            provider={chosen}
            options={options}
            app={app}
            redirectUri={providers.redirect_uri}
          />
        )}
        <FormAlert error={save.error ?? signIn.error} />
        <FormFooter
          action={withCredential ? "Add" : "Go to the sign-in"}
          pending={save.isPending || signIn.isPending}
          disabled={!ready}
        />
      </Stack>
    </form>
  );
}

function CredentialFields({ form }: { form: Form }) {
  const credentials = useInfiniteQuery(credentialsQuery);
  const usable = (credentials.data?.pages.flatMap(({ items }) => items) ?? []).filter(
    ({ type, hosts }) => SENDABLE.includes(type) && hosts !== null,
  );
  return (
    <>
      <Select
        label="Credential"
        description="Those that say to which hosts they may be sent."
        data={usable.map(({ id, name }) => ({ value: id, label: name }))}
        {...form.getInputProps("credential")}
      />
      <TextInput
        label="Address of the API"
        description="Before the path of every action."
        placeholder="https://api.example.com/v1"
        {...form.getInputProps("apiUrl")}
      />
    </>
  );
}

interface ClientProps {
  form: Form;
  provider: ConnectionProvider | undefined;
  options: { value: string; label: string }[];
  app: string | null;
  redirectUri: string;
}

function ClientFields({ form, provider, options, app, redirectUri }: ClientProps) {
  if (options.length === 0) {
    return (
      <Alert color="yellow" p="sm" title="There is no OAuth client yet">
        Make one at {provider?.title ?? "the provider"} with the redirect URI {redirectUri}, and add it under
        OAuth clients.
      </Alert>
    );
  }
  return (
    <>
      <Select
        label="OAuth client"
        data={options}
        allowDeselect={false}
        value={app}
        onChange={(next) => form.setFieldValue("app", next)}
      />
      <TagsInput
        label="Scopes"
        description={`What is asked for. Empty: ${provider?.scopes.join(", ") || "nothing in particular"}.`}
        {...form.getInputProps("scopes")}
      />
    </>
  );
}

function clientOptions(
  provider: ConnectionProvider | undefined,
  apps: { id: string; name: string }[],
): { value: string; label: string }[] {
  const own = apps.map(({ id, name }) => ({ value: id, label: name }));
  return provider?.operator_app ? [{ value: OPERATOR, label: "Of this installation" }, ...own] : own;
}
