import { Collapse, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { Markdown } from "@/components/markdown";
import type { Block, TurnBlock } from "@/lib/agent-blocks";
import { ApprovalCard } from "./approval-card";
import classes from "./block-list.module.css";
import { ToolCard } from "./tool-card";

interface Props {
  blocks: readonly Block[];
}

/** What an agent has said and done, in the order in which it happened. */
export function BlockList({ blocks }: Props) {
  return blocks.map((block) => <BlockView key={block.path} block={block} />);
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "turn":
      return <Turn block={block} />;
    case "said":
      return (
        <p className={classes.said}>
          <b>{block.by ?? "Somebody"}</b> {block.text}
        </p>
      );
    default:
      return (
        <>
          <ToolCard block={block} />
          {block.status === "asking" && block.approvalId && <ApprovalCard id={block.approvalId} />}
        </>
      );
  }
}

function Turn({ block }: { block: TurnBlock }) {
  const writes = block.status === "running" || block.status === "retrying";
  return (
    <>
      {block.thinking !== "" && <Thoughts text={block.thinking} />}
      {block.text !== "" && (
        <div className={classes.text} data-writes={writes || undefined}>
          <Markdown text={block.text} />
        </div>
      )}
      {writes && block.text === "" && (
        <p className={classes.busy} role="status">
          {block.status === "retrying" ? "Tries again …" : "Thinks …"}
        </p>
      )}
    </>
  );
}

/** What the model thought before it spoke; whoever wants to know opens it. */
function Thoughts({ text }: { text: string }) {
  const [open, setOpen] = useState(false);
  return (
    <div>
      <UnstyledButton className={classes.thoughts} aria-expanded={open} onClick={() => setOpen(!open)}>
        {open ? "Hide its thoughts" : "Its thoughts"}
      </UnstyledButton>
      <Collapse expanded={open}>
        <div className={classes.thought}>{text}</div>
      </Collapse>
    </div>
  );
}
