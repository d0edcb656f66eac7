import { Button, Code, Modal, Stack, Text, TextInput } from "@mantine/core";
import { isNotEmpty, useForm } from "@mantine/form";
import { useDisclosure } from "@mantine/hooks";
import { IconKey } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ScimTokenSummary, SignOn } from "@/api/generated/perdure.schemas";
import { createScimToken, listScimTokens, revokeScimToken } from "@/api/generated/sign-on";
import { CopyButton } from "@/components/copy-button";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { FormAlert } from "@/components/form/form-alert";
import { FormFooter } from "@/components/form/form-footer";
import { LoadingRows } from "@/components/loading";
import { Timestamp } from "@/components/timestamp";
import { OneTimeSecret } from "../one-time-secret";
import { Section } from "../section";
import classes from "../settings.module.css";
import { useChange } from "../use-change";

const tokensKey = ["settings", "scim-tokens"] as const;

interface Props {
  settings: SignOn;
}

/** The directory of the company keeps people and groups (SCIM). */
export function DirectorySection({ settings }: Props) {
  const [creating, create] = useDisclosure(false);
  const tokens = useQuery({ queryKey: tokensKey, queryFn: ({ signal }) => listScimTokens({ signal }) });
  return (
    <Section
      title="Directory"
      lead="Your directory (SCIM 2.0) brings people and groups, and takes out at once who leaves the company."
      actions={
        <Button leftSection={<IconKey size={16} />} onClick={create.open}>
          New token
        </Button>
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        Address for the directory: <Code>{settings.scim_url}</Code>{" "}
        <CopyButton value={settings.scim_url} label="Copy the address for the directory" />
      </Text>
      {tokens.data === undefined ? (
        <LoadingRows rows={1} />
      ) : tokens.data.items.length === 0 ? (
        <div className={classes.lead}>No token yet. Make one and enter it at your directory.</div>
      ) : (
        <ul className={classes.list} aria-label="Tokens of directories">
          {tokens.data.items.map((token) => (
            <TokenRow key={token.id} token={token} />
          ))}
        </ul>
      )}
      <Modal opened={creating} onClose={create.close} title="New token for a directory">
        <TokenForm onClose={create.close} />
      </Modal>
    </Section>
  );
}

interface RowProps {
  token: ScimTokenSummary;
}

function TokenRow({ token }: RowProps) {
  const [asking, ask] = useDisclosure(false);
  const revoke = useChange({
    run: () => revokeScimToken(token.id),
    refresh: [tokensKey],
    done: () => `The token ${token.name} no longer works`,
    after: ask.close,
  });
  return (
    <li className={classes.row}>
      <div className={classes.what}>
        <div className={classes.name}>{token.name}</div>
        <div className={classes.detail}>
          <Code>{token.prefix}…</Code> made by {token.created_by},{" "}
          {token.last_used_at ? (
            <>
              used <Timestamp at={token.last_used_at} />
            </>
          ) : (
            "never used"
          )}
        </div>
      </div>
      <Button
        variant="subtle"
        color="red"
        size="compact-sm"
        onClick={ask.open}
        aria-label={`Revoke ${token.name}`}
      >
        Revoke
      </Button>
      <ConfirmDialog
        opened={asking}
        onClose={ask.close}
        title={`Revoke ${token.name}?`}
        action="Revoke"
        onConfirm={() => revoke.mutate(undefined)}
        pending={revoke.isPending}
        error={revoke.error}
      >
        The directory is refused at once. People and groups stay as they are.
      </ConfirmDialog>
    </li>
  );
}

interface FormProps {
  onClose: () => void;
}

function TokenForm({ onClose }: FormProps) {
  const [made, setMade] = useState<string | null>(null);
  const form = useForm({
    initialValues: { name: "" },
    validate: { name: isNotEmpty("Say which directory it is for.") },
  });
  const create = useChange({
    run: ({ name }: typeof form.values) => createScimToken({ name: name.trim() }),
    refresh: [tokensKey],
    after: ({ token }) => setMade(token),
  });
  if (made !== null) {
    return (
      <OneTimeSecret
        value={made}
        note="Enter the token at your directory. It is not shown again; if it is lost, make another one."
        onDone={onClose}
      />
    );
  }
  return (
    <form onSubmit={form.onSubmit((values) => create.mutate(values))} noValidate>
      <Stack>
        <TextInput label="Name" placeholder="Entra ID" data-autofocus {...form.getInputProps("name")} />
        <FormAlert error={create.error} />
        <FormFooter action="Make the token" pending={create.isPending} />
      </Stack>
    </form>
  );
}
