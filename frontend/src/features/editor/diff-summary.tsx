import { Text } from "@mantine/core";
import { IconMinus, IconPencil, IconPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { DocumentDiff } from "@/api/generated/perdure.schemas";
import classes from "./diff-summary.module.css";

interface Props {
  diff: DocumentDiff;
}

/** What differs between two documents, in a list. */
export function DiffSummary({ diff }: Props) {
  const lines = [
    ...diff.nodes_added.map(({ node }) => line("added", `Step ${node}`)),
    ...diff.nodes_removed.map(({ node }) => line("removed", `Step ${node}`)),
    ...diff.nodes_changed.map(({ node, fields }) =>
      line("changed", `Step ${node}: ${fields.map(({ field }) => field).join(", ")}`),
    ),
    ...diff.edges_added.map(({ source, target }) => line("added", `${source} → ${target}`)),
    ...diff.edges_removed.map(({ source, target }) => line("removed", `${source} → ${target}`)),
    ...diff.settings.map(({ field }) => line("changed", field)),
  ];
  if (lines.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {diff.canvas.length > 0 ? "Only places on the canvas differ." : "Nothing differs."}
      </Text>
    );
  }
  return <ul className={classes.list}>{lines}</ul>;
}

const ICONS = { added: IconPlus, removed: IconMinus, changed: IconPencil };
const TONES = { added: "done", removed: "failed", changed: "waiting" };

/** New, gone or changed: as a sign that does not need its colour. */
export function ChangeIcon({ change, size = 15 }: { change: keyof typeof ICONS; size?: number }) {
  const Icon = ICONS[change];
  return (
    <span className={classes.sign} data-tone={TONES[change]}>
      <Icon size={size} aria-label={change} role="img" />
    </span>
  );
}

function line(kind: keyof typeof ICONS, text: string): ReactNode {
  return (
    <li key={kind + text} className={classes.line}>
      <ChangeIcon change={kind} />
      <span className={classes.text}>{text}</span>
    </li>
  );
}
