import { Modal, MultiSelect, PasswordInput, Stack, Switch, TagsInput, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import type { Provider, ProviderBody } from "@/api/generated/perdure.schemas";
import { createSignOnProvider, updateSignOnProvider } from "@/api/generated/sign-on";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { useChange } from "../use-change";
import { signOnKey } from "./sign-on-page";

const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];

interface Props {
  opened: boolean;
  onClose: () => void;
  /** Null: a new one. */
  provider: Provider | null;
}

/** Settings of an identity provider. */
export function ProviderDialog({ opened, onClose, provider }: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={provider ? `Settings of ${provider.name}` : "Add a provider"}
      size="lg"
    >
      <ProviderForm onClose={onClose} provider={provider} />
    </Modal>
  );
}

function ProviderForm({ onClose, provider }: Omit<Props, "opened">) {
  const form = useForm({
    initialValues: valuesOf(provider),
    validate: {
      name: isNotEmpty("Say what stands on the button."),
      issuer: (issuer) => (/^https?:\/\/\S+$/.test(issuer.trim()) ? null : "Write it with https://."),
      client_id: isNotEmpty("The provider gives it when you register Perdure."),
      algorithms: (chosen) => (chosen.length === 0 ? "Choose at least one." : null),
    },
  });
  const save = useChange({
    run: (values: typeof form.values) => {
      const body = bodyOf(values, provider);
      return provider ? updateSignOnProvider(provider.id, body) : createSignOnProvider(body);
    },
    refresh: [signOnKey],
    after: onClose,
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))} noValidate>
      <Stack>
        <TextInput label="Name" placeholder="Acme" data-autofocus {...form.getInputProps("name")} />
        <TextInput
          label="Issuer"
          description="Exactly as the provider writes it."
          placeholder="https://login.example.com/realms/acme"
          {...form.getInputProps("issuer")}
        />
        <TextInput label="Client id" {...form.getInputProps("client_id")} />
        <PasswordInput
          label="Client secret"
          description={
            provider?.has_secret ? "Leave it empty to keep the present one." : "Empty for a public client."
          }
          autoComplete="off"
          {...form.getInputProps("client_secret")}
        />
        <TagsInput
          label="E-mail domains"
          description="Only people with these come in; none: everybody whom the provider knows."
          placeholder="example.com"
          {...form.getInputProps("domains")}
        />
        <TextInput
          label="Claim with the groups"
          description="Empty: groups are left alone. Parts by dots, such as realm_access.roles."
          {...form.getInputProps("groups_claim")}
        />
        <TagsInput label="Scopes" {...form.getInputProps("scopes")} />
        <MultiSelect label="Allowed signatures" data={ALGORITHMS} {...form.getInputProps("algorithms")} />
        <Switch
          label="Whoever signs in for the first time becomes a member"
          {...form.getInputProps("create_accounts", { type: "checkbox" })}
        />
        <Switch
          label="Addresses count as verified although the provider does not say so"
          description="Only for a provider that gives out no address that it has not checked."
          {...form.getInputProps("trust_email", { type: "checkbox" })}
        />
        <Switch label="On" {...form.getInputProps("enabled", { type: "checkbox" })} />
        <FormAlert error={save.error} />
        <FormFooter action={provider ? "Save" : "Add the provider"} pending={save.isPending} />
      </Stack>
    </form>
  );
}

function valuesOf(provider: Provider | null) {
  return {
    name: provider?.name ?? "",
    issuer: provider?.issuer ?? "",
    client_id: provider?.client_id ?? "",
    client_secret: "",
    domains: provider?.domains ?? [],
    groups_claim: provider?.groups_claim ?? "groups",
    scopes: provider?.scopes ?? ["openid", "profile", "email"],
    algorithms: (provider?.algorithms ?? ["RS256"]) as string[],
    create_accounts: provider?.create_accounts ?? true,
    trust_email: provider?.trust_email ?? false,
    enabled: provider?.enabled ?? true,
  };
}

function bodyOf(values: ReturnType<typeof valuesOf>, provider: Provider | null): ProviderBody {
  const { client_secret, algorithms, ...plain } = values;
  return {
    ...plain,
    algorithms: algorithms as NonNullable<ProviderBody["algorithms"]>,
    ...(client_secret || provider === null ? { client_secret } : {}),
  };
}
