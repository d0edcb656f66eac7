import { ActionIcon, Tooltip } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { IconCheck, IconCopy } from "@tabler/icons-react";

interface Props {
  value: string;
  label?: string;
}

/** Puts a text on the clipboard. */
export function CopyButton({ value, label = "Copy" }: Props) {
  const { copy, copied } = useClipboard({ timeout: 1_500 });
  return (
    <Tooltip label={copied ? "Copied" : label}>
      <ActionIcon size="sm" aria-label={label} onClick={() => copy(value)}>
        {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
      </ActionIcon>
    </Tooltip>
  );
}
