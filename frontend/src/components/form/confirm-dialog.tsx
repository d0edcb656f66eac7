import { Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { FormAlert } from "./form-alert";
import { FormFooter } from "./form-footer";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What will happen, and whether it can be undone. */
  children: ReactNode;
  /** What is needed for it. */
  asks?: ReactNode;
  action: string;
  /** It can be taken back, so nobody has to be held up. */
  harmless?: boolean;
  onConfirm: () => void;
  pending?: boolean;
  error?: Error | null;
}

/** Asks once more before something is done, and for what is needed for it. */
export function ConfirmDialog({ opened, onClose, title, children, asks, ...more }: Props) {
  const { action, harmless = false, onConfirm, pending = false, error = null } = more;
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <Stack>
          <Text size="sm">{children}</Text>
          {asks}
          <FormAlert error={error} withFields />
          <FormFooter
            action={action}
            pending={pending}
            onCancel={onClose}
            careful={!harmless && !asks}
            {...(harmless ? {} : { color: "red" })}
          />
        </Stack>
      </form>
    </Modal>
  );
}
