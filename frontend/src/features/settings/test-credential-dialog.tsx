import { Alert, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { testCredential } from "@/api/generated/credentials";
import type { Credential, CredentialTest } from "@/api/generated/perdure.schemas";
import { FormAlert } from "@/components/form/form-alert";
import { useChange } from "./use-change";

interface Props {
  credential: Credential;
  opened: boolean;
  onClose: () => void;
}

const COLORS: Record<CredentialTest["result"], string> = {
  accepted: "green",
  refused: "red",
  unclear: "yellow",
};
const TITLES: Record<CredentialTest["result"], string> = {
  accepted: "It is accepted",
  refused: "It is refused",
  unclear: "It is not clear",
};

/** Asks the other side whether it takes the credential. */
export function TestCredentialDialog({ credential, opened, onClose }: Props) {
  const provider = credential.type === "llm_provider";
  const [url, setUrl] = useState(credential.hosts?.[0] ? `https://${credential.hosts[0]}/` : "");
  const test = useChange({
    run: () => testCredential(credential.id, provider ? {} : { url }),
    refresh: [],
  });
  return (
    <Modal opened={opened} onClose={onClose} title={`Test ${credential.name}`}>
      <Stack>
        {provider ? (
          <Text size="sm">The provider is asked for its models.</Text>
        ) : (
          <TextInput
            label="Address"
            description="It is asked by GET; it must be one of the hosts of the credential."
            placeholder="https://api.example.com/v1/me"
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
            data-autofocus
          />
        )}
        {test.data && (
          <Alert color={COLORS[test.data.result]} p="sm" role="status" title={TITLES[test.data.result]}>
            {test.data.message}
          </Alert>
        )}
        <FormAlert error={test.error} />
        <Group justify="flex-end">
          <Button loading={test.isPending} onClick={() => test.mutate(undefined)}>
            Test
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
