import type { Completion } from "@codemirror/autocomplete";
import { ActionIcon, Popover, ScrollArea, Text, TextInput, Tooltip, UnstyledButton } from "@mantine/core";
import { IconBraces } from "@tabler/icons-react";
import { useState } from "react";
import classes from "./value-picker.module.css";

const SHOWN = 60;

interface Props {
  label: string;
  completions: () => Completion[];
  onPick: (name: string) => void;
}

/** A list of all that a step may read, with what it held last. */
export function ValuePicker({ label, completions, onPick }: Props) {
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState("");
  const known = opened ? completions() : [];
  const found = known.filter((one) => one.label.toLowerCase().includes(text.trim().toLowerCase()));
  const pick = (name: string) => {
    setOpened(false);
    setText("");
    onPick(name);
  };
  return (
    <Popover opened={opened} onChange={setOpened} width={320} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <Tooltip label="Insert a value">
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={`Insert a value into ${label}`}
            aria-expanded={opened}
            onClick={() => setOpened(!opened)}
          >
            <IconBraces size={15} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown p={6}>
        <TextInput
          size="xs"
          aria-label="Find a value"
          placeholder="Find a value"
          data-autofocus
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && found[0] && pick(found[0].label)}
        />
        <ScrollArea.Autosize mah={300} mt={6}>
          {found.slice(0, SHOWN).map((one) => (
            <UnstyledButton key={one.label} className={classes.value} onClick={() => pick(one.label)}>
              <span className={classes.name}>{one.label}</span>
              {one.detail && <span className={classes.held}>{one.detail}</span>}
            </UnstyledButton>
          ))}
          {found.length === 0 && (
            <Text size="xs" c="dimmed" p="xs">
              Nothing has this name.
            </Text>
          )}
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
