import { Button, Group, Modal, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Timestamp } from "@/components/timestamp";
import classes from "./conflict-dialog.module.css";

interface Props {
  /** What is stored, and by whom. */
  stored: { saved_by: string; saved_at: string };
  /** What the other one did, and what the person here did. */
  theirs: ReactNode;
  mine: ReactNode;
  /** What both have changed; there is no combining these. */
  clashes: readonly string[];
  onTheirs: () => void;
  onMine: () => void;
  onBoth: () => void;
}

/** Two people have edited the same draft: what each of them did, and what becomes of it. */
export function ConflictDialog({ stored, theirs, mine, clashes, onTheirs, onMine, onBoth }: Props) {
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      title="Somebody else has saved this draft"
      size="76rem"
    >
      <Text size="sm" mb="md">
        {stored.saved_by} saved it <Timestamp at={stored.saved_at} />, after you opened it. Your changes are
        still here; nothing is lost until you choose.
      </Text>
      <div className={classes.sides}>
        <Side title={`What ${stored.saved_by} did`}>{theirs}</Side>
        <Side title="What you did">{mine}</Side>
      </div>
      {clashes.length > 0 && (
        <Text size="sm" mt="md" role="status">
          Both have changed {clashes.join(", ")}, so one of the two has to stand.
        </Text>
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onTheirs}>
          Take theirs
        </Button>
        <Button variant={clashes.length > 0 ? "filled" : "default"} onClick={onMine}>
          Keep mine
        </Button>
        {clashes.length === 0 && <Button onClick={onBoth}>Keep both</Button>}
      </Group>
    </Modal>
  );
}

function Side({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.side} aria-label={title}>
      <h3 className={classes.title}>{title}</h3>
      {children}
    </section>
  );
}
