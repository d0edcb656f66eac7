import { Button, Group, Stack, Text } from "@mantine/core";
import { saveFile } from "@/lib/save-file";
import classes from "./settings.module.css";

interface Props {
  codes: string[];
  onDone: () => void;
}

/** Recovery codes, shown this once. */
export function RecoveryCodeList({ codes, onDone }: Props) {
  const save = () => saveFile("perdure-recovery-codes.txt", new Blob([`${codes.join("\n")}\n`]));
  return (
    <Stack>
      <Text size="sm">
        Keep these recovery codes where you will find them without your phone. Each works once; they are not
        shown again.
      </Text>
      <ol className={classes.codes} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <Group justify="space-between">
        <Button variant="default" onClick={save}>
          Save as a file
        </Button>
        <Button onClick={onDone}>I have kept them</Button>
      </Group>
    </Stack>
  );
}
