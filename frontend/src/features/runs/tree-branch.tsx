import { ActionIcon } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { StatusIcon } from "@/components/status";
import classes from "./tree-branch.module.css";

const PAGE = 100;
/** Containers with more in them begin folded. */
const FEW = 12;
const INDENT = 22;

interface Props {
  depth: number;
  status: string;
  label: ReactNode;
  note: string;
  chosen: boolean;
  onChoose: (() => void) | null;
  span: string;
  cost: string;
  /** What stands below, so many lines of it at most; null if nothing does. */
  below: ((limit: number) => ReactNode) | null;
  count: number;
}

/** A line of a tree, and what stands below it. */
export function Branch({ depth, status, label, note, chosen, onChoose, span, cost, below, count }: Props) {
  const [open, setOpen] = useState(count <= FEW);
  const [limit, setLimit] = useState(PAGE);
  return (
    <li>
      <div className={classes.line} data-chosen={chosen || undefined} style={{ paddingLeft: depth * INDENT }}>
        {below ? (
          <ActionIcon
            size={24}
            className={classes.fold}
            aria-expanded={open}
            aria-label={open ? "Fold" : "Unfold"}
            onClick={() => setOpen(!open)}
          >
            <IconChevronRight size={13} />
          </ActionIcon>
        ) : (
          <span className={classes.nofold} />
        )}
        <StatusIcon status={status} size={15} />
        {onChoose ? (
          <button type="button" className={classes.label} onClick={onChoose}>
            {label}
          </button>
        ) : (
          <span className={classes.label}>{label}</span>
        )}
        <span className={classes.note}>{note}</span>
        <span className={classes.number}>{cost}</span>
        <span className={classes.number}>{span}</span>
      </div>
      {open && below && <ul className={classes.below}>{below(limit)}</ul>}
      {open && below && count > limit && (
        <button
          type="button"
          className={classes.more}
          style={{ marginLeft: (depth + 1) * INDENT }}
          onClick={() => setLimit(limit + PAGE)}
        >
          {count - limit} more
        </button>
      )}
    </li>
  );
}
