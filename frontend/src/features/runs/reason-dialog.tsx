import { Textarea } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { ConfirmDialog } from "@/components/form/confirm-dialog";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** Text of the button that does it. */
  action: string;
  onConfirm: (reason: string | null) => void;
  /** What will happen. */
  children: ReactNode;
}

/** Asks before something that cannot be taken back, and for the reason, which is kept with the run. */
export function ReasonDialog({ onConfirm, onClose, ...about }: Props) {
  const [reason, setReason] = useState("");
  return (
    <ConfirmDialog
      {...about}
      onClose={onClose}
      onConfirm={() => {
        onConfirm(reason.trim() || null);
        onClose();
      }}
      asks={
        <Textarea
          label="Reason"
          description="Kept with the run. May be left empty."
          autosize
          minRows={2}
          maxRows={6}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      }
    />
  );
}
