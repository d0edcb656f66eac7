import { Button, Group, Kbd } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useRef } from "react";
import type { DecisionOption } from "@/api/generated/perdure.schemas";

interface Props {
  decisions: DecisionOption[];
  /** Said behind the label of what goes through, such as how much was edited. */
  note: string;
  busy: boolean;
  onDecide: (decision: string) => void;
}

const LOOKS: Record<string, { variant: string; color: string }> = {
  approved: { variant: "filled", color: "iris" },
  rejected: { variant: "light", color: "red" },
};
const KEYS: Record<string, string> = { approved: "a", rejected: "r", retry: "r", done: "a" };

/** A button per way to decide. A key brings one to the fore, Enter presses it: no single slip decides anything. */
export function DecisionButtons({ decisions, note, busy, onDecide }: Props) {
  const buttons = useRef(new Map<string, HTMLButtonElement>());
  useHotkeys(
    decisions.flatMap(({ name }) => {
      const key = KEYS[name];
      return key ? [[key, () => buttons.current.get(name)?.focus()] as [string, () => void]] : [];
    }),
  );
  return (
    <Group gap="xs">
      {decisions.map(({ name, label }) => (
        <Button
          key={name}
          ref={(button) => {
            if (button) buttons.current.set(name, button);
          }}
          {...(LOOKS[name] ?? { variant: "default" })}
          disabled={busy}
          rightSection={
            KEYS[name] && (
              <Kbd size="xs" visibleFrom="md" aria-hidden>
                {KEYS[name]}
              </Kbd>
            )
          }
          onClick={() => onDecide(name)}
        >
          {name === "approved" && note !== "" ? `${label} ${note}` : label}
        </Button>
      ))}
    </Group>
  );
}
