import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useBlocker } from "@tanstack/react-router";
import { useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { guardLeaving } from "@/api/leave";
import { useSession } from "@/api/session";
import { type Editing, saveAll } from "./use-saves";

interface Props {
  editing: Editing;
  save: () => Promise<boolean>;
  /** The session is over, and what was changed is neither stored nor given up. */
  onLost: () => void;
}

/** Stores the draft before another page is opened or the person signs out; asks if it cannot be stored. */
export function LeaveGuard({ editing, save, onLost }: Props) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: useCallback(async () => !(await saveAll(editing, save)), [editing, save]),
    enableBeforeUnload: useCallback(() => editing.getState().save !== "saved", [editing]),
    withResolver: true,
  });
  const signOut = useSignOut(editing, save, onLost);
  const conflict = useStore(editing, (edited) => edited.save === "conflict");
  const stay = () => (signOut.asked ? signOut.answer(false) : reset?.());
  const go = () => (signOut.asked ? signOut.answer(true) : proceed?.());
  return (
    <Modal
      opened={status === "blocked" || signOut.asked}
      onClose={stay}
      title="Your last changes are not saved"
    >
      <Stack>
        <Text size="sm">
          {conflict
            ? "Somebody else has saved the draft meanwhile, and it is not decided what becomes of your changes."
            : "They could not be stored just now."}{" "}
          If you leave, they are gone.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={stay}>
            Stay
          </Button>
          <Button color="red.9" onClick={go}>
            Leave without saving
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

/** The question before signing out, and what is done when the session ends without one. */
function useSignOut(editing: Editing, save: () => Promise<boolean>, onLost: () => void) {
  const [asking, ask] = useState<{ answer: (leave: boolean) => void } | null>(null);
  const givenUp = useRef(false);
  useEffect(
    () =>
      guardLeaving(async () => {
        if (await saveAll(editing, save)) return true;
        return new Promise((answer) => ask({ answer }));
      }),
    [editing, save],
  );
  useEffect(
    () =>
      useSession.subscribe(({ state }) => {
        if (state === "out" && !givenUp.current && editing.getState().save !== "saved") onLost();
      }),
    [editing, onLost],
  );
  const answer = (leaves: boolean) => {
    givenUp.current = leaves;
    ask(null);
    asking?.answer(leaves);
  };
  return { asked: asking !== null, answer };
}
