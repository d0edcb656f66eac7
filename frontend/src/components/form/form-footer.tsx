import { Button, type ButtonProps, Group } from "@mantine/core";

interface Props extends Pick<ButtonProps, "color"> {
  /** What the form does. */
  action: string;
  pending?: boolean;
  disabled?: boolean;
  /** Leaves the form as if it had never been opened; where it is absent, the dialog is closed at its corner. */
  onCancel?: () => void;
  /** Whether a hasty Enter is to change nothing. */
  careful?: boolean;
}

/** The end of a form: what sends it, and what leaves it. */
export function FormFooter({ action, pending = false, onCancel, careful = false, ...submit }: Props) {
  return (
    <Group justify="flex-end">
      {onCancel && (
        <Button variant="default" onClick={onCancel} {...(careful ? { "data-autofocus": true } : {})}>
          Cancel
        </Button>
      )}
      <Button type="submit" loading={pending} {...submit}>
        {action}
      </Button>
    </Group>
  );
}
