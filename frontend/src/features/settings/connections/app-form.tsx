import { Anchor, Checkbox, PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { createConnectionApp, updateConnectionApp } from "@/api/generated/connections";
import type { ConnectionApp } from "@/api/generated/perdure.schemas";
import { CopyButton } from "@/components/copy-button";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { LoadingRows } from "@/components/loading";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { connectionKeys, providersQuery } from "./queries";

interface Props {
  /** The one to give a new secret; a new one otherwise. */
  app?: ConnectionApp;
  onClose: () => void;
}

/** Takes the id and the secret of an OAuth client that was made at a provider. */
export function AppForm({ app, onClose }: Props) {
  const { data: providers } = useQuery(providersQuery);
  const form = useForm({
    initialValues: {
      provider: app?.provider ?? "slack",
      name: app?.name ?? "",
      clientId: app?.client_id ?? "",
      secret: "",
      ownAccess: false,
      authorizeUrl: "",
      tokenUrl: "",
      revokeUrl: "",
      apiUrl: "",
    },
    validate: { name: isNotEmpty("Give it a name."), clientId: isNotEmpty("Enter the client id.") },
  });
  const custom = !app && form.values.provider === "custom";
  const save = useChange({
    run: (values: typeof form.values) => {
      const proof = { client_id: values.clientId, client_secret: values.secret || null };
      if (app) return updateConnectionApp(app.id, proof);
      const { name, provider } = values;
      return createConnectionApp({
        ...proof,
        name,
        provider,
        endpoints: custom ? endpointsOf(values) : null,
      });
    },
    refresh: [connectionKeys.apps],
    done: () => (app ? "The new secret is in use" : "The OAuth client was stored"),
    after: onClose,
  });
  if (!providers) return <LoadingRows rows={4} />;
  const provider = providers.items.find(({ name }) => name === form.values.provider);
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack>
        {!app && (
          <>
            <Select
              label="Provider"
              data={providers.items.map(({ name, title }) => ({ value: name, label: title }))}
              allowDeselect={false}
              {...form.getInputProps("provider")}
            />
            <div>
              <Text size="sm" fw={560} mb={4}>
                Redirect URI to enter there
              </Text>
              <div className={classes.secret}>
                <span>{providers.redirect_uri}</span>
                <CopyButton value={providers.redirect_uri} label="Copy the redirect URI" />
              </div>
              {provider?.help_url && (
                <Anchor href={provider.help_url} target="_blank" rel="noreferrer" size="sm">
                  Make one at {provider.title}
                </Anchor>
              )}
            </div>
            <TextInput label="Name" placeholder="our-slack-app" {...form.getInputProps("name")} />
          </>
        )}
        <TextInput label="Client id" autoComplete="off" {...form.getInputProps("clientId")} />
        <PasswordInput
          label="Client secret"
          description="Stored encrypted; nobody is shown it again. Empty for a public client."
          autoComplete="new-password"
          {...form.getInputProps("secret")}
        />
        {custom && (
          <>
            <Checkbox
              label="The client acts for itself; nobody signs in"
              {...form.getInputProps("ownAccess", { type: "checkbox" })}
            />
            {!form.values.ownAccess && (
              <TextInput label="Authorize address" required {...form.getInputProps("authorizeUrl")} />
            )}
            <TextInput label="Token address" required {...form.getInputProps("tokenUrl")} />
            <TextInput label="Revocation address" {...form.getInputProps("revokeUrl")} />
            <TextInput
              label="API address"
              description="Tokens are sent nowhere else. It cannot be changed later."
              required
              {...form.getInputProps("apiUrl")}
            />
          </>
        )}
        <FormAlert error={save.error} />
        <FormFooter action={app ? "Replace" : "Store"} pending={save.isPending} />
      </Stack>
    </form>
  );
}

interface Addresses {
  ownAccess: boolean;
  authorizeUrl: string;
  tokenUrl: string;
  revokeUrl: string;
  apiUrl: string;
}

function endpointsOf({ ownAccess, authorizeUrl, tokenUrl, revokeUrl, apiUrl }: Addresses) {
  return {
    ...(ownAccess ? { grant: "client_credentials" as const } : { authorize_url: authorizeUrl }),
    token_url: tokenUrl,
    revoke_url: revokeUrl || null,
    api_url: apiUrl,
  };
}
