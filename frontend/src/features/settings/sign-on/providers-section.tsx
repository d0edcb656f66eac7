import { Alert, Badge, Button, Code, Group, List, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import type { Provider, SignOn } from "@/api/generated/perdure.schemas";
import { deleteSignOnProvider, testSignOnProvider } from "@/api/generated/sign-on";
import { CopyButton } from "@/components/copy-button";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { plural } from "@/lib/format";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";
import { ProviderDialog } from "./provider-dialog";
import { signOnKey } from "./sign-on-page";

interface Props {
  settings: SignOn;
  owns: boolean;
}

/** Identity providers of the company. */
export function ProvidersSection({ settings, owns }: Props) {
  const [creating, create] = useDisclosure(false);
  return (
    <Section
      title="Single sign-on"
      lead="People sign in at your company’s identity provider (OpenID Connect). What it says counts in this workspace only."
      actions={
        owns && (
          <Button leftSection={<IconPlus size={16} />} onClick={create.open}>
            Add a provider
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        Register this redirect address at the provider: <Code>{settings.redirect_uri}</Code>{" "}
        <CopyButton value={settings.redirect_uri} label="Copy the redirect address" />
      </Text>
      {settings.providers.length === 0 ? (
        <div className={classes.lead}>No provider yet. Everybody signs in with a password of their own.</div>
      ) : (
        <ul className={classes.list} aria-label="Providers">
          {settings.providers.map((provider) => (
            <ProviderRow key={provider.id} provider={provider} owns={owns} />
          ))}
        </ul>
      )}
      <ProviderDialog opened={creating} onClose={create.close} provider={null} />
    </Section>
  );
}

interface RowProps {
  provider: Provider;
  owns: boolean;
}

function ProviderRow({ provider, owns }: RowProps) {
  const [editing, edit] = useDisclosure(false);
  const [deleting, removal] = useDisclosure(false);
  const test = useChange({
    run: () => testSignOnProvider(provider.id),
    refresh: [],
    failed: "The provider was not asked",
  });
  const remove = useChange({
    run: () => deleteSignOnProvider(provider.id),
    refresh: [signOnKey],
    done: () => `${provider.name} was removed`,
    after: removal.close,
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{provider.name}</div>
        <div className={classes.detail}>
          {provider.issuer} · {plural(provider.people, "person has", "people have")} signed in
        </div>
      </div>
      {!provider.enabled && <Badge color="gray">Off</Badge>}
      {owns && (
        <Group gap={4}>
          <Button
            variant="subtle"
            size="compact-sm"
            loading={test.isPending}
            onClick={() => test.mutate(undefined)}
            aria-label={`Test ${provider.name}`}
          >
            Test
          </Button>
          <Button variant="subtle" size="compact-sm" onClick={edit.open} aria-label={`Edit ${provider.name}`}>
            Edit
          </Button>
          <Button
            variant="subtle"
            color="red"
            size="compact-sm"
            onClick={removal.open}
            aria-label={`Remove ${provider.name}`}
          >
            Remove
          </Button>
        </Group>
      )}
      {test.data && <TestResult ok={test.data.ok} problems={test.data.problems} keys={test.data.keys} />}
      <ProviderDialog opened={editing} onClose={edit.close} provider={provider} />
      <ConfirmDialog
        opened={deleting}
        onClose={removal.close}
        title={`Remove ${provider.name}?`}
        action="Remove"
        onConfirm={() => remove.mutate(undefined)}
        pending={remove.isPending}
        error={remove.error}
      >
        Nobody can sign in there any more. The people stay members; who has no password needs a link or
        another provider.
      </ConfirmDialog>
    </li>
  );
}

interface ResultProps {
  ok: boolean;
  problems: string[];
  keys: number;
}

function TestResult({ ok, problems, keys }: ResultProps) {
  return (
    <Alert color={ok ? "green" : "red"} w="100%" p="sm" role={ok ? "status" : "alert"}>
      {ok ? (
        `The provider answers and publishes ${plural(keys, "key")}. Sign in once to see the rest.`
      ) : (
        <List size="sm">
          {problems.map((problem) => (
            <List.Item key={problem}>{problem}</List.Item>
          ))}
        </List>
      )}
    </Alert>
  );
}
