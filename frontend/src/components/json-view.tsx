import { Text } from "@mantine/core";
import { useState } from "react";
import { CopyButton } from "./copy-button";
import classes from "./json-view.module.css";

const OPEN_LEVELS = 2;
const PAGE = 100;
const LONG = 600;

interface Props {
  label: string;
  value: unknown;
  /** Said in place of null. */
  empty?: string;
}

/** A JSON value as a tree that folds; texts keep their line breaks. */
export function JsonView({ label, value, empty }: Props) {
  const nothing = value === null || value === undefined;
  return (
    <section className={classes.root} aria-label={label}>
      <header className={classes.header}>
        <Text size="sm" fw={580}>
          {label}
        </Text>
        {!nothing && (
          <CopyButton value={JSON.stringify(value, null, 2)} label={`Copy ${label.toLowerCase()}`} />
        )}
      </header>
      {nothing ? (
        <Text size="sm" c="dimmed">
          {empty ?? "None."}
        </Text>
      ) : (
        <div className={classes.tree}>
          <Value value={value} depth={0} />
        </div>
      )}
    </section>
  );
}

interface ValueProps {
  value: unknown;
  depth: number;
}

function Value({ value, depth }: ValueProps) {
  if (typeof value === "string") return <LongText text={value} />;
  if (typeof value !== "object" || value === null)
    return <span className={classes.scalar}>{String(value)}</span>;
  const entries = Object.entries(value);
  if (entries.length === 0)
    return <span className={classes.scalar}>{Array.isArray(value) ? "[ ]" : "{ }"}</span>;
  return <Branch entries={entries} list={Array.isArray(value)} depth={depth} />;
}

interface BranchProps {
  entries: [string, unknown][];
  list: boolean;
  depth: number;
}

function Branch({ entries, list, depth }: BranchProps) {
  const [shown, setShown] = useState(PAGE);
  return (
    <ul className={classes.branch} data-root={depth === 0 || undefined}>
      {entries.slice(0, shown).map(([name, value]) => (
        <li key={name}>
          <Entry name={list ? `[${name}]` : name} value={value} depth={depth + 1} />
        </li>
      ))}
      {entries.length > shown && (
        <li>
          <button type="button" className={classes.more} onClick={() => setShown(shown + PAGE)}>
            {entries.length - shown} more
          </button>
        </li>
      )}
    </ul>
  );
}

function Entry({ name, value, depth }: ValueProps & { name: string }) {
  const [open, setOpen] = useState(depth <= OPEN_LEVELS);
  const folds = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  if (!folds) {
    return (
      <>
        <span className={classes.name}>{name}</span> <Value value={value} depth={depth} />
      </>
    );
  }
  return (
    <>
      <button type="button" className={classes.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className={classes.name}>{name}</span>
        <span className={classes.hint}>{hintOf(value)}</span>
      </button>
      {open && <Value value={value} depth={depth} />}
    </>
  );
}

function LongText({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  const cut = !whole && text.length > LONG;
  return (
    <span className={classes.text}>
      {cut ? `${text.slice(0, LONG)}…` : text === "" ? '""' : text}
      {cut && (
        <button type="button" className={classes.more} onClick={() => setWhole(true)}>
          show all
        </button>
      )}
    </span>
  );
}

function hintOf(value: object): string {
  const size = Object.keys(value).length;
  return Array.isArray(value)
    ? `${size} ${size === 1 ? "item" : "items"}`
    : `${size} ${size === 1 ? "field" : "fields"}`;
}
