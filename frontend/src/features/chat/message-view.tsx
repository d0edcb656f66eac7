import { ActionIcon, Alert, Button, Group, Textarea, Tooltip } from "@mantine/core";
import { useIntersection } from "@mantine/hooks";
import {
  IconChevronLeft,
  IconChevronRight,
  IconExternalLink,
  IconPencil,
  IconRefresh,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ChatMessage } from "@/api/generated/perdure.schemas";
import { transcriptQuery } from "@/api/queries/agents";
import { hasEnded } from "@/api/queries/runs";
import { BlockList } from "@/components/agent-run/block-list";
import { CopyButton } from "@/components/copy-button";
import { JsonView } from "@/components/json-view";
import { LinkAnchor } from "@/components/links";
import { Markdown } from "@/components/markdown";
import { StatusBadge } from "@/components/status";
import { type Block, blocksOf, partsText } from "@/lib/agent-blocks";
import { money, plural } from "@/lib/format";
import { Attached } from "./attached";
import { neighbourOf } from "./branch";
import classes from "./message-view.module.css";

export interface MessageActions {
  onEdit: (message: ChatMessage, text: string) => void;
  onRegenerate: (message: ChatMessage) => void;
  onShow: (messageId: string) => void;
  /** Something is under way, so that nothing else can begin. */
  busy: boolean;
}

interface Props extends MessageActions {
  message: ChatMessage;
  /** What was heard of the agent's work; undefined if it was over before. */
  blocks: readonly Block[] | undefined;
}

/** What somebody has said in a conversation. */
export function MessageView(props: Props) {
  return props.message.author === "agent" ? <Answer {...props} /> : <Said {...props} />;
}

function Said({ message, onEdit, onShow, busy }: Props) {
  const [editing, setEditing] = useState(false);
  const text = partsText(message.content, "text");
  return (
    <li className={classes.message} data-author={message.author}>
      <div className={classes.bubble}>
        {message.author === "member" && <div className={classes.who}>{message.author_name}</div>}
        {editing ? (
          <Rewrite
            text={text}
            onLeave={() => setEditing(false)}
            onSend={(next) => {
              setEditing(false);
              onEdit(message, next);
            }}
          />
        ) : (
          text !== "" && <div className={classes.plain}>{text}</div>
        )}
        <Attached parts={message.content} />
      </div>
      <Group gap={2} className={classes.tools}>
        <Branches message={message} onShow={onShow} />
        <CopyButton value={text} label="Copy the message" />
        {message.author === "user" && !editing && (
          <Tooltip label="Say something else instead">
            <ActionIcon
              size="sm"
              aria-label="Edit the message"
              disabled={busy}
              onClick={() => setEditing(true)}
            >
              <IconPencil size={15} />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
    </li>
  );
}

interface RewriteProps {
  text: string;
  onLeave: () => void;
  onSend: (text: string) => void;
}

function Rewrite({ text, onLeave, onSend }: RewriteProps) {
  const [next, setNext] = useState(text);
  return (
    <div className={classes.rewrite}>
      <Textarea
        aria-label="Message"
        autosize
        maxRows={14}
        data-autofocus
        value={next}
        onChange={(event) => setNext(event.currentTarget.value)}
      />
      <Group gap="xs" justify="flex-end" mt="xs">
        <Button size="compact-sm" variant="default" onClick={onLeave}>
          Cancel
        </Button>
        <Button size="compact-sm" disabled={next.trim() === ""} onClick={() => onSend(next.trim())}>
          Send
        </Button>
      </Group>
    </div>
  );
}

function Answer(props: Props) {
  const { message, blocks } = props;
  const { ref, entry } = useIntersection({ rootMargin: "400px" });
  const over = hasEnded(message.status);
  const record = useQuery({
    ...transcriptQuery(message.run_id ?? ""),
    enabled: over && blocks === undefined && message.run_id !== null && entry?.isIntersecting === true,
  });
  const known = blocks ?? (record.data ? blocksOf(record.data.items) : []);
  return (
    <li className={classes.message} data-author="agent" ref={ref}>
      <Work message={message} blocks={known} />
      {message.output !== null && <JsonView label="Data" value={message.output} />}
      {message.error && (
        <Alert color="red" p="sm" title={message.error.code}>
          {message.error.message}
        </Alert>
      )}
      {over && <AnswerTools {...props} />}
    </li>
  );
}

/** What the agent has said and done; as long as that is not known, its last words. */
function Work({ message, blocks }: { message: ChatMessage; blocks: readonly Block[] }) {
  const text = partsText(message.content, "text");
  if (blocks.length > 0) return <BlockList blocks={blocks} />;
  if (text !== "") return <Markdown text={text} />;
  if (hasEnded(message.status)) return null;
  return (
    <p className={classes.waits} role="status">
      {message.status === "pending" ? "Begins …" : "Works …"}
    </p>
  );
}

function AnswerTools({ message, onRegenerate, onShow, busy }: Props) {
  return (
    <Group gap={6} className={classes.tools}>
      {message.status !== "completed" && <StatusBadge status={message.status} />}
      <Branches message={message} onShow={onShow} />
      <CopyButton value={partsText(message.content, "text")} label="Copy the answer" />
      <Tooltip label="Answer once more">
        <ActionIcon size="sm" aria-label="Regenerate" disabled={busy} onClick={() => onRegenerate(message)}>
          <IconRefresh size={15} />
        </ActionIcon>
      </Tooltip>
      <Cost message={message} />
    </Group>
  );
}

const ENDS: Record<string, string> = {
  turn_limit: "stopped at its limit of turns",
  token_limit: "stopped at its limit of tokens",
  cost_limit: "stopped at its limit of cost",
  time_limit: "stopped at its limit of time",
};

function Cost({ message }: { message: ChatMessage }) {
  const tokens = message.tokens_in + message.tokens_out;
  const facts = [
    message.end !== null && ENDS[message.end],
    tokens > 0 && plural(tokens, "token"),
    message.cost_usd > 0 && money(message.cost_usd),
  ].filter(Boolean);
  return (
    <span className={classes.facts}>
      {facts.join(" · ")}
      {message.run_id && (
        <LinkAnchor
          to="/runs/$runId"
          params={{ runId: message.run_id }}
          className={classes.open}
          aria-label="Open the run"
          inherit
        >
          <IconExternalLink size={14} aria-hidden />
        </LinkAnchor>
      )}
    </span>
  );
}

/** The way to other messages in the same place. */
function Branches({ message, onShow }: Pick<Props, "message" | "onShow">) {
  const { id, siblings } = message;
  if (siblings.length < 2) return null;
  const [before, next] = [neighbourOf(message, -1), neighbourOf(message, 1)];
  return (
    <Group gap={0} wrap="nowrap">
      <ActionIcon
        size="sm"
        aria-label="Previous version"
        disabled={before === null}
        variant="transparent"
        onClick={() => before && onShow(before)}
      >
        <IconChevronLeft size={15} />
      </ActionIcon>
      <span className={classes.place}>
        {siblings.indexOf(id) + 1}/{siblings.length}
      </span>
      <ActionIcon
        size="sm"
        aria-label="Next version"
        disabled={next === null}
        variant="transparent"
        onClick={() => next && onShow(next)}
      >
        <IconChevronRight size={15} />
      </ActionIcon>
    </Group>
  );
}
