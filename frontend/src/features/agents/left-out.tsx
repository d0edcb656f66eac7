import { Alert } from "@mantine/core";
import type { LeftOutTool } from "@/api/generated/perdure.schemas";
import { plural } from "@/lib/format";
import classes from "./agent-page.module.css";

const SHOWN = 20;

/** What cannot be a tool, and why. */
export function LeftOut({ items }: { items: readonly LeftOutTool[] }) {
  if (items.length === 0) return null;
  return (
    <Alert color="yellow" p="sm" title={`${plural(items.length, "operation")} left out`}>
      <ul className={classes.faults}>
        {items.slice(0, SHOWN).map(({ name, reason }) => (
          <li key={name}>
            <b>{name}</b>: {reason}
          </li>
        ))}
        {items.length > SHOWN && <li>and {items.length - SHOWN} more</li>}
      </ul>
    </Alert>
  );
}
