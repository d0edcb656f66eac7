import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { meQuery } from "@/api/queries/account";
import { Timestamp } from "@/components/timestamp";

interface Kept<State> {
  at: string;
  state: State;
}

/**
 * Changes that were not stored when the session ended. They stay in this tab for the person who has made them.
 *
 * @param of what was changed, such as `workflow:mails`
 * @param state what takes it up again; read at the end of the session
 */
export function useKeptChanges<State>(of: string, state: () => State) {
  const { data: me } = useQuery(meQuery);
  const key = me === undefined ? null : `perdure-unsaved:${me.workspace.id}:${me.user?.id ?? me.name}:${of}`;
  const [done, setDone] = useState(false);
  const kept = useMemo(() => (key === null || done ? null : read<State>(key)), [key, done]);
  const keep = useCallback(() => {
    if (key !== null) write(key, { at: new Date().toISOString(), state: state() });
  }, [key, state]);
  const forget = () => {
    if (key !== null) sessionStorage.removeItem(key);
    setDone(true);
  };
  return { kept, keep, forget };
}

interface Props {
  at: string;
  onTakeUp: () => void;
  onForget: () => void;
}

/** Offers what was changed before the person had to sign in anew. */
export function KeptChanges({ at, onTakeUp, onForget }: Props) {
  return (
    <Modal opened onClose={() => undefined} withCloseButton={false} title="Changes that were not saved">
      <Stack>
        <Text size="sm">
          You were signed out <Timestamp at={at} />, before your last changes were stored. They are still
          here.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onForget}>
            Throw them away
          </Button>
          <Button data-autofocus onClick={onTakeUp}>
            Put them back
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function read<State>(key: string): Kept<State> | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") as Kept<State> | null;
  } catch {
    return null;
  }
}

function write(key: string, kept: Kept<unknown>): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing, or not so much.
  }
}
