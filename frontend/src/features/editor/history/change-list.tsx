import { Text, UnstyledButton } from "@mantine/core";
import type { DocumentDiff, FieldChange } from "@/api/generated/perdure.schemas";
import { ChangeIcon } from "../diff-summary";
import classes from "./change-list.module.css";
import type { Change } from "./merged-document";

interface Props {
  diff: DocumentDiff;
  selected: string | null;
  onSelect: (path: string | null) => void;
}

/** All that differs, each with what it was and what it is; a step is also a way to its place in the drawing. */
export function ChangeList({ diff, selected, onSelect }: Props) {
  const nothing = [
    diff.nodes_added,
    diff.nodes_removed,
    diff.nodes_changed,
    diff.edges_added,
    diff.edges_removed,
    diff.settings,
  ].every((list) => list.length === 0);
  if (nothing)
    return (
      <Text size="sm" c="dimmed">
        {diff.canvas.length > 0
          ? "Only the canvas differs: places, notes, groups or pins."
          : "Nothing differs."}
      </Text>
    );
  const step = (change: Change, node: string, fields: FieldChange[] = []) => (
    <li key={change + node} className={classes.entry} data-selected={selected === node || undefined}>
      <UnstyledButton className={classes.head} onClick={() => onSelect(node)}>
        <ChangeIcon change={change} />
        <span className={classes.name}>{node}</span>
      </UnstyledButton>
      {fields.map((field) => (
        <FieldDiff key={field.field} change={field} />
      ))}
    </li>
  );
  return (
    <ul className={classes.list} aria-label="Changes">
      {diff.nodes_added.map(({ node }) => step("added", node))}
      {diff.nodes_removed.map(({ node }) => step("removed", node))}
      {diff.nodes_changed.map(({ node, fields }) => step("changed", node, fields))}
      {diff.edges_added.map((edge) => (
        <EdgeEntry key={`+${edge.graph}${edge.source}>${edge.target}`} change="added" {...edge} />
      ))}
      {diff.edges_removed.map((edge) => (
        <EdgeEntry key={`-${edge.graph}${edge.source}>${edge.target}`} change="removed" {...edge} />
      ))}
      {diff.settings.map((field) => (
        <li key={field.field} className={classes.entry}>
          <FieldDiff change={field} />
        </li>
      ))}
    </ul>
  );
}

function EdgeEntry({ change, source, target }: { change: Change; source: string; target: string }) {
  return (
    <li className={classes.entry}>
      <span className={classes.head}>
        <ChangeIcon change={change} />
        <span className={classes.name}>
          {source} → {target}
        </span>
      </span>
    </li>
  );
}

function FieldDiff({ change }: { change: FieldChange }) {
  return (
    <div className={classes.field}>
      <div className={classes.path}>{change.field}</div>
      {change.kind !== "added" && <del className={classes.before}>{told(change.before)}</del>}
      {change.kind !== "removed" && <ins className={classes.after}>{told(change.after)}</ins>}
    </div>
  );
}

const LONGEST = 2_000;

function told(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text;
}
