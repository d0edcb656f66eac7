import { Button, Group, Stack, Text } from "@mantine/core";
import { CopyButton } from "@/components/copy-button";
import classes from "./triggers.module.css";

interface Props {
  secret: string;
  onDone: () => void;
}

/** A secret that is shown this once. */
export function SecretOnce({ secret, onDone }: Props) {
  return (
    <Stack>
      <Text size="sm">With it the sender signs. It is not shown again.</Text>
      <div className={classes.code} data-secret>
        <span>{secret}</span> <CopyButton value={secret} />
      </div>
      <Group justify="flex-end">
        <Button onClick={onDone}>I have kept it</Button>
      </Group>
    </Stack>
  );
}
