import { Popover, Text, UnstyledButton } from "@mantine/core";
import { IconCircleCheckFilled, IconCircleXFilled } from "@tabler/icons-react";
import { useState } from "react";
import type { FaultProblem } from "@/api/generated/perdure.schemas";
import { jumpTo, useEditor } from "./editor-store";
import classes from "./fault-list.module.css";

/** How many faults there are, and on demand which, each a way to its node. */
export function FaultList() {
  const faults = useEditor((editor) => editor.faults);
  if (faults.length > 0) return <Faults faults={faults} />;
  return (
    <span className={classes.fine}>
      <IconCircleCheckFilled size={15} aria-hidden /> No faults
    </span>
  );
}

function Faults({ faults }: { faults: readonly FaultProblem[] }) {
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      width={420}
      position="bottom-end"
      shadow="md"
      opened={opened}
      onChange={setOpened}
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <UnstyledButton className={classes.button} onClick={() => setOpened(!opened)}>
          <IconCircleXFilled size={15} aria-hidden />
          {faults.length} {faults.length === 1 ? "fault" : "faults"}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={6} className={classes.list}>
        {faults.map((fault) => (
          <UnstyledButton
            key={`${fault.node} ${fault.field} ${fault.message}`}
            className={classes.fault}
            onClick={() => {
              // It would cover the field that somebody wants to see.
              setOpened(false);
              jumpTo(fault);
            }}
          >
            <Text size="xs" c="dimmed" ff="monospace">
              {[fault.node ?? "document", fault.field].filter(Boolean).join(" · ")}
            </Text>
            <Text size="sm">{fault.message}</Text>
          </UnstyledButton>
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}
