import { Button, Tooltip } from "@mantine/core";
import type { SaveState } from "@/components/autosave/use-saves";
import { useEditor } from "./editor-store";
import classes from "./save-indicator.module.css";

const WORDS: Record<SaveState, string> = {
  saved: "Saved",
  unsaved: "Not saved yet",
  saving: "Saving …",
  failed: "Not saved",
  conflict: "Somebody else has saved",
};

interface Props {
  onRetry: () => void;
}

/** Whether what is on the screen is stored. */
export function SaveIndicator({ onRetry }: Props) {
  const save = useEditor((editor) => editor.save);
  const failure = useEditor((editor) => editor.failure);
  if (save === "failed") {
    return (
      <Tooltip label={failure} multiline maw={360}>
        <Button size="compact-sm" color="red" variant="light" onClick={onRetry}>
          Not saved – try again
        </Button>
      </Tooltip>
    );
  }
  return (
    <span className={classes.state} data-state={save} role="status">
      {WORDS[save]}
    </span>
  );
}
