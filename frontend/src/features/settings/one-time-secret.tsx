import { Button, Group, Stack, Text } from "@mantine/core";
import { CopyButton } from "@/components/copy-button";
import classes from "./settings.module.css";

interface Props {
  value: string;
  /** What it is and that it will not be shown again. */
  note: string;
  onDone: () => void;
}

/** A secret that is shown this once. */
export function OneTimeSecret({ value, note, onDone }: Props) {
  return (
    <Stack>
      <Text size="sm">{note}</Text>
      <div className={classes.secret} data-secret>
        <span>{value}</span>
        <CopyButton value={value} />
      </div>
      <Group justify="flex-end">
        <Button onClick={onDone}>Done</Button>
      </Group>
    </Stack>
  );
}
