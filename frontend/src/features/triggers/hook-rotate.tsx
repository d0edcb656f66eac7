import { Modal, PasswordInput } from "@mantine/core";
import { useState } from "react";
import { rotateHook } from "@/api/generated/hooks";
import type { Hook } from "@/api/generated/perdure.schemas";
import { ConfirmDialog } from "@/components/form/confirm-dialog";
import { notifyDone } from "@/lib/notify";
import { triggerKeys } from "./queries";
import { SecretOnce } from "./secret-once";
import { useAction } from "./use-action";

const WORDS = {
  secret: "The one before counts for another day, so that the sender can be changed in the meantime.",
  address: "The one before answers 404 at once.",
};

interface Props {
  hook: Hook;
  what: "secret" | "address";
  opened: boolean;
  onClose: () => void;
}

/** Gives a hook another secret or address. */
export function RotateDialog({ hook, what, opened, onClose }: Props) {
  const [given, setGiven] = useState("");
  const [shown, setShown] = useState<string | null>(null);
  const close = () => {
    setShown(null);
    setGiven("");
    onClose();
  };
  const rotate = useAction({
    run: () => rotateHook(hook.id, { what, ...(given && { secret: given }) }),
    refresh: triggerKeys.hooks,
    after: ({ secret }) => {
      if (secret) setShown(secret);
      else {
        notifyDone(`${hook.name} has another address`);
        close();
      }
    },
  });
  if (shown)
    return (
      <Modal opened={opened} onClose={close} title={`The secret of ${hook.name}`}>
        <SecretOnce secret={shown} onDone={close} />
      </Modal>
    );
  return (
    <ConfirmDialog
      opened={opened}
      onClose={close}
      title={`Another ${what} for ${hook.name}?`}
      action={`Give it another ${what}`}
      onConfirm={() => rotate.mutate(undefined)}
      pending={rotate.isPending}
      error={rotate.error}
      harmless
      asks={
        what === "secret" && (
          <PasswordInput
            label="Secret"
            description="Leave it empty to have one made."
            autoComplete="off"
            value={given}
            onChange={(event) => setGiven(event.currentTarget.value)}
          />
        )
      }
    >
      {WORDS[what]}
    </ConfirmDialog>
  );
}
