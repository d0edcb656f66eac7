import { UnstyledButton } from "@mantine/core";
import { IconChevronRight, IconTool } from "@tabler/icons-react";
import { useState } from "react";
import { JsonView } from "@/components/json-view";
import { StatusIcon } from "@/components/status";
import type { ToolBlock } from "@/lib/agent-blocks";
import { useNow } from "@/lib/clock";
import { duration, spanOf } from "@/lib/format";
import classes from "./tool-card.module.css";

interface Props {
  block: ToolBlock;
}

/** One use of a tool: in a line what it was asked and how it went, opened what it gave. */
export function ToolCard({ block }: Props) {
  const [open, setOpen] = useState(false);
  return (
    <section
      className={classes.card}
      aria-label={`Tool ${block.name}`}
      data-error={block.isError || undefined}
    >
      <UnstyledButton className={classes.line} aria-expanded={open} onClick={() => setOpen(!open)}>
        <IconTool size={15} stroke={1.7} aria-hidden className={classes.icon} />
        <span className={classes.name}>{block.name}</span>
        <span className={classes.asked}>{askedOf(block.arguments)}</span>
        <Took block={block} />
        <StatusIcon status={block.isError ? "failed" : block.status} size={15} />
        <IconChevronRight size={14} className={classes.chevron} aria-hidden />
      </UnstyledButton>
      {open && (
        <div className={classes.whole}>
          <JsonView label="Arguments" value={block.arguments} />
          {block.error ? (
            <p className={classes.fault}>{block.error.message}</p>
          ) : (
            <JsonView label={block.isError ? "Fault" : "Result"} value={block.result} empty="Nothing yet." />
          )}
        </div>
      )}
    </section>
  );
}

function Took({ block }: Props) {
  const now = useNow();
  const span = spanOf(block.startedAt, block.endedAt, now);
  return <span className={classes.took}>{span === null ? "" : duration(span)}</span>;
}

/** `expression: 2*3`, as far as it fits. */
function askedOf(given: unknown): string {
  if (typeof given !== "object" || given === null) return "";
  return Object.entries(given)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ")
    .slice(0, 200);
}
