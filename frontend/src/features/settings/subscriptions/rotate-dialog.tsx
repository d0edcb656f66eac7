import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { Subscription } from "@/api/generated/perdure.schemas";
import { rotateSubscriptionSecret } from "@/api/generated/subscriptions";
import { FormAlert } from "@/components/form/form-alert";
import { OneTimeSecret } from "../one-time-secret";
import { settingsKeys } from "../queries";
import { useChange } from "../use-change";

interface Props {
  subscription: Subscription;
  opened: boolean;
  onClose: () => void;
}

/** Signs with another secret from now on. */
export function RotateDialog({ subscription, opened, onClose }: Props) {
  const rotate = useChange({
    run: () => rotateSubscriptionSecret(subscription.id),
    refresh: [settingsKeys.subscriptions],
  });
  const close = () => {
    rotate.reset();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={`Another secret for ${subscription.name}`}>
      {rotate.data ? (
        <OneTimeSecret
          value={rotate.data.signing_secret}
          note="The receiver checks events with it from now on. It is not shown again."
          onDone={close}
        />
      ) : (
        <Stack>
          <Text size="sm">
            For a day, events bear the signatures of both, so that the receiver can change over.
          </Text>
          <FormAlert error={rotate.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button loading={rotate.isPending} onClick={() => rotate.mutate(undefined)}>
              Make another secret
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
