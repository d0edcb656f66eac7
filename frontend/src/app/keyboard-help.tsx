import { Kbd, Modal, Text } from "@mantine/core";
import { Fragment } from "react";
import { DESTINATIONS } from "./destinations";
import classes from "./keyboard-help.module.css";

type Shortcut = readonly [keys: readonly string[], meaning: string];

const AREAS: readonly (readonly [area: string, shortcuts: readonly Shortcut[]])[] = [
  [
    "Everywhere",
    [
      [["Ctrl", "K"], "Search or do anything"],
      [["?"], "This help"],
      ...DESTINATIONS.map((to): Shortcut => [["g", to.key], `Go to ${to.label}`]),
    ],
  ],
  [
    "Workflows",
    [
      [["n"], "New workflow"],
      [["/"], "Search"],
      [["Ctrl", "V"], "Import what was copied"],
    ],
  ],
  [
    "Editor",
    [
      [["Tab"], "Add a step"],
      [["Ctrl", "Z"], "Undo"],
      [["Ctrl", "Shift", "Z"], "Redo"],
      [["Ctrl", "C"], "Copy steps, as text"],
      [["Ctrl", "V"], "Paste steps"],
      [["Ctrl", "D"], "Duplicate"],
      [["Ctrl", "G"], "Group"],
      [["Ctrl", "A"], "Select everything"],
      [["Ctrl", "S"], "Save now"],
    ],
  ],
  [
    "Inbox",
    [
      [["j"], "Next request"],
      [["k"], "Previous request"],
      [["a"], "Approve"],
      [["r"], "Reject"],
      [["Enter"], "Confirm the decision"],
      [["e"], "Edit the form or the data"],
      [["c"], "Comment"],
      [["x"], "Select"],
      [["/"], "Search"],
    ],
  ],
  [
    "Run",
    [
      [["j"], "Next step"],
      [["k"], "Previous step"],
      [["Esc"], "Close the step"],
      [["+", "−"], "Timeline: draw the time wider or narrower"],
      [["0"], "Timeline: the whole run"],
    ],
  ],
];

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** All keys that do something. */
export function KeyboardHelp({ opened, onClose }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard shortcuts" size="lg">
      <div className={classes.areas}>
        {AREAS.map(([area, shortcuts]) => (
          <section key={area}>
            <Text component="h3" size="sm" fw={600} mb={6}>
              {area}
            </Text>
            <dl className={classes.list}>
              {shortcuts.map(([keys, meaning]) => (
                <Fragment key={meaning}>
                  <dt>
                    {keys.map((key) => (
                      <Kbd key={key} size="xs">
                        {key}
                      </Kbd>
                    ))}
                  </dt>
                  <dd>{meaning}</dd>
                </Fragment>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
