import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { ApiError, sentenceOf } from "@/api/problem";

const SHARED = { closeButtonProps: { "aria-label": "Close" } };

/** Say that something worked, with a way back where there is one. */
export function notifyDone(message: string, undo?: () => void): void {
  if (undo === undefined) {
    notifications.show({ ...SHARED, message, color: "iris", autoClose: 4_000 });
    return;
  }
  const takeBack = () => {
    notifications.hide(id);
    undo();
  };
  const id = notifications.show({
    ...SHARED,
    message: (
      <Group justify="space-between" wrap="nowrap">
        <span>{message}</span>
        <Button size="compact-sm" variant="subtle" onClick={takeBack}>
          Undo
        </Button>
      </Group>
    ),
    color: "iris",
    autoClose: 10_000,
  });
}

/** Say that something did not work, and what to name when asking for help. */
export function notifyFailure(title: string, error: unknown): void {
  const id = error instanceof ApiError && error.requestId ? ` (request ${error.requestId.slice(0, 8)})` : "";
  notifications.show({ ...SHARED, title, message: sentenceOf(error) + id, color: "red", autoClose: 12_000 });
}
