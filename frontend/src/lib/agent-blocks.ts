import type { ErrorInfo, RunEvent, ToolCall, TranscriptEntry } from "@/api/generated/perdure.schemas";

/** What a model says in one turn. */
export interface TurnBlock {
  kind: "turn";
  path: string;
  text: string;
  thinking: string;
  status: string;
  error: ErrorInfo | null;
}

/** One use of a tool. */
export interface ToolBlock {
  kind: "tool";
  path: string;
  name: string;
  arguments: unknown;
  /** What the model was told; undefined as long as there is nothing. */
  result: unknown;
  isError: boolean;
  status: string;
  error: ErrorInfo | null;
  approvalId: string | null;
  startedAt: string | null;
  endedAt: string | null;
}

/** What a person said while the agent was at work. */
export interface SaidBlock {
  kind: "said";
  path: string;
  text: string;
  by: string | null;
}

export type Block = TurnBlock | ToolBlock | SaidBlock;

const CALL = /\.call\[\d+\]$/;
const TURN = /\.turn\[\d+\]$/;

/** What an agent has said and done, after further events of its run. */
export function withEvents(blocks: readonly Block[], events: readonly RunEvent[]): Block[] {
  return events.reduce<Block[]>(withEvent, [...blocks]);
}

function withEvent(blocks: Block[], event: RunEvent): Block[] {
  const { path } = event;
  if (event.type === "run.steered") return [...blocks, saidBy(event)];
  if (path === null) return blocks;
  if (CALL.test(path)) return changed(blocks, path, newTool(path), (block) => toolAfter(block, event));
  if (!TURN.test(path)) return blocks;
  const after = changed(blocks, path, newTurn(path), (block) => turnAfter(block, event));
  return event.type === "step.completed" ? withCalls(after, path, messageIn(event)?.tool_calls ?? []) : after;
}

function changed<Kind extends Block>(
  blocks: Block[],
  path: string,
  fresh: Kind,
  change: (block: Kind) => Kind,
): Block[] {
  const at = blocks.findIndex((block) => block.path === path);
  if (at < 0) return [...blocks, change(fresh)];
  return blocks.with(at, change(blocks[at] as Kind));
}

/** Calls that a turn has asked for, before any of them begins. */
function withCalls(blocks: Block[], turn: string, calls: readonly ToolCall[]): Block[] {
  return calls.reduce(
    (result, call, index) =>
      changed(result, `${turn}.call[${index}]`, newTool(`${turn}.call[${index}]`), (block) => ({
        ...block,
        name: call.name,
        arguments: call.arguments,
      })),
    blocks,
  );
}

const STATUS: Partial<Record<RunEvent["type"], string>> = {
  "step.started": "running",
  "step.waiting": "waiting",
  "step.retrying": "retrying",
  "step.completed": "completed",
  "step.failed": "failed",
  "step.skipped": "skipped",
  "step.cancelled": "cancelled",
  "approval.opened": "asking",
  "approval.decided": "running",
};

function turnAfter(block: TurnBlock, event: RunEvent): TurnBlock {
  if (event.type === "step.delta") return { ...block, text: block.text + textOf(event.data.text) };
  if (event.type === "step.superseded") return { ...block, text: "" };
  const message = messageIn(event);
  return {
    ...block,
    status: STATUS[event.type] ?? block.status,
    error: (event.data.error as ErrorInfo | undefined) ?? null,
    ...(message && { text: partsText(message.content, "text") || block.text }),
    ...(message && { thinking: partsText(message.content, "thinking") }),
  };
}

function toolAfter(block: ToolBlock, event: RunEvent): ToolBlock {
  const { data } = event;
  const ended = ["step.completed", "step.failed", "step.cancelled", "step.skipped"].includes(event.type);
  const output = data.output as { value?: unknown; is_error?: boolean } | null | undefined;
  return {
    ...block,
    name: textOf(data.name) && block.name === "" ? textOf(data.name) : block.name,
    status: STATUS[event.type] ?? block.status,
    error: (data.error as ErrorInfo | undefined) ?? null,
    ...(event.type === "approval.opened" && { approvalId: textOf(data.approval_id) || null }),
    ...(event.type === "step.completed" && {
      result: output?.value ?? output,
      isError: output?.is_error === true,
    }),
    startedAt: block.startedAt ?? (event.type === "step.started" ? event.at : null),
    endedAt: ended ? event.at : null,
  };
}

/** The same from the record of a run that is over. */
export function blocksOf(entries: readonly TranscriptEntry[]): Block[] {
  const [first, ...rest] = entries;
  const said = first?.role === "user" ? rest : entries;
  return said.map((entry, index) => blockOf(entry, index));
}

function blockOf(entry: TranscriptEntry, index: number): Block {
  const path = entry.path ?? `said ${index}`;
  if (entry.role === "user")
    return { kind: "said", path, text: partsText(entry.content, "text"), by: entry.name };
  if (entry.role === "assistant") {
    const { status, error } = entry;
    const thinking = partsText(entry.content, "thinking");
    return { kind: "turn", path, text: partsText(entry.content, "text"), thinking, status, error };
  }
  return {
    kind: "tool",
    path,
    name: entry.name ?? "tool",
    arguments: entry.arguments,
    result: partsText(entry.content, "text"),
    isError: entry.is_error,
    status: entry.approval_status === "pending" ? "asking" : entry.status,
    error: entry.error,
    approvalId: entry.approval_id,
    startedAt: entry.started_at,
    endedAt: entry.ended_at,
  };
}

interface AnyPart {
  type: string;
  text?: string;
}

/** All texts of a message, or all thoughts. */
export function partsText(parts: readonly unknown[], type: "text" | "thinking"): string {
  return (parts as AnyPart[])
    .filter((part) => part.type === type)
    .map(({ text }) => text ?? "")
    .join("\n\n");
}

interface Spoken {
  content: unknown[];
  tool_calls?: ToolCall[];
}

function messageIn({ type, data }: RunEvent): Spoken | undefined {
  if (type !== "step.completed") return undefined;
  return (data.output as { message?: Spoken } | null | undefined)?.message;
}

function saidBy({ seq, data }: RunEvent): SaidBlock {
  return { kind: "said", path: `said ${seq}`, text: textOf(data.message), by: textOf(data.by) || null };
}

function newTurn(path: string): TurnBlock {
  return { kind: "turn", path, text: "", thinking: "", status: "pending", error: null };
}

function newTool(path: string): ToolBlock {
  return {
    kind: "tool",
    path,
    name: "",
    arguments: undefined,
    result: undefined,
    isError: false,
    status: "pending",
    error: null,
    approvalId: null,
    startedAt: null,
    endedAt: null,
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
