import type { ErrorInfo, RunEvent } from "@/api/generated/perdure.schemas";

/** A node in one iteration, as its events have told it so far. */
export interface StepState {
  key: string;
  path: string;
  /** Path in the drawing: that of the step without the numbers of items. */
  node: string;
  iteration: number;
  kind: string;
  name: string;
  status: string;
  attempt: number;
  attempts: Attempt[];
  startedAt: string | null;
  endedAt: string | null;
  port: string | null;
  error: ErrorInfo | null;
  costUsd: number;
  tokens: number;
  /** What has been streamed in the present attempt. */
  text: string;
  approvalId: string | null;
}

export interface Attempt {
  number: number;
  startedAt: string;
  endedAt: string | null;
  error: ErrorInfo | null;
}

/** All steps of one node of the drawing, counted. */
export interface NodeTally {
  counts: Record<string, number>;
  /** Ports that were left through, and how often. */
  ports: Record<string, number>;
  /** The step that changed last. */
  latest: string;
}

export interface RunState {
  status: string;
  seq: number;
  steps: Record<string, StepState>;
  /** Keys of steps in the order in which they began. */
  order: string[];
  /** By path of a step, the key of its last iteration. */
  rounds: Record<string, string>;
  nodes: Record<string, NodeTally>;
  attempt: number;
  startedAt: string | null;
  endedAt: string | null;
  /** What the completed steps have cost so far. */
  costUsd: number;
  tokens: number;
  done: number;
}

export const EMPTY: RunState = {
  status: "pending",
  seq: 0,
  steps: {},
  order: [],
  rounds: {},
  nodes: {},
  attempt: 1,
  startedAt: null,
  endedAt: null,
  costUsd: 0,
  tokens: 0,
  done: 0,
};

/** The state after further events. What did not change stays the same object, so that only its viewers draw anew. */
export function advance(state: RunState, events: readonly RunEvent[]): RunState {
  if (events.length === 0) return state;
  const grows = events.some(({ path, iteration }) => path && !state.steps[stepKey(path, iteration ?? 0)]);
  const next: RunState = {
    ...state,
    steps: { ...state.steps },
    nodes: { ...state.nodes },
    order: grows ? [...state.order] : state.order,
    rounds: grows ? { ...state.rounds } : state.rounds,
  };
  for (const event of events) apply(next, event);
  return next;
}

/** Path in the drawing of a step's path: `mails[3].send` is a step of `mails.send`. */
export function nodePath(path: string): string {
  return path.replace(/\[\d+\]/g, "");
}

export function stepKey(path: string, iteration: number): string {
  return `${path}#${iteration}`;
}

function apply(state: RunState, event: RunEvent): void {
  state.seq = event.seq;
  if (event.path === null) applyToRun(state, event);
  else applyToStep(state, event, event.path);
}

const RUN_STATUS: Partial<Record<RunEvent["type"], string>> = {
  "run.created": "pending",
  "run.started": "running",
  "run.paused": "paused",
  "run.resumed": "running",
  "run.completed": "completed",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
  "run.terminated": "terminated",
  "run.retried": "pending",
};
const OVER = new Set(["completed", "failed", "cancelled", "terminated"]);

function applyToRun(state: RunState, event: RunEvent): void {
  const status = RUN_STATUS[event.type];
  if (status === undefined) return;
  state.status = status;
  state.endedAt = OVER.has(status) ? event.at : null;
  if (event.type === "run.started") state.startedAt ??= event.at;
  if (typeof event.data.attempt === "number") state.attempt = event.data.attempt;
}

const STEP_STATUS: Partial<Record<RunEvent["type"], string>> = {
  "step.started": "running",
  "step.waiting": "waiting",
  "step.retrying": "retrying",
  "step.completed": "completed",
  "step.failed": "failed",
  "step.skipped": "skipped",
  "step.cancelled": "cancelled",
  "step.compensated": "compensated",
};

function applyToStep(state: RunState, event: RunEvent, path: string): void {
  const key = stepKey(path, event.iteration ?? 0);
  const before = state.steps[key];
  if (!before) {
    state.order.push(key);
    state.rounds[path] = key;
  }
  const after = changed(before ?? newStep(key, path, event), event);
  state.steps[key] = after;
  if (event.type === "step.completed") count(state, event.data);
  if (before?.status !== after.status || before.port !== after.port) {
    state.nodes[after.node] = recount(state.nodes[after.node], before, after);
  }
}

function count(state: RunState, data: RunEvent["data"]): void {
  state.done += 1;
  state.costUsd += numberOf(data.cost_usd) ?? 0;
  state.tokens += (numberOf(data.tokens_in) ?? 0) + (numberOf(data.tokens_out) ?? 0);
}

function newStep(key: string, path: string, event: RunEvent): StepState {
  return {
    key,
    path,
    node: nodePath(path),
    iteration: event.iteration ?? 0,
    kind: "",
    name: path,
    status: "pending",
    attempt: 1,
    attempts: [],
    startedAt: null,
    endedAt: null,
    port: null,
    error: null,
    costUsd: 0,
    tokens: 0,
    text: "",
    approvalId: null,
  };
}

function changed(step: StepState, event: RunEvent): StepState {
  switch (event.type) {
    case "step.delta":
      return { ...step, text: step.text + textOf(event) };
    case "step.superseded":
      return { ...step, text: "" };
    case "approval.opened":
      return { ...step, status: "asking", approvalId: stringOf(event.data.approval_id) };
    case "approval.decided":
    case "approval.expired":
      return step;
    default:
      return withStatus(step, event);
  }
}

function withStatus(step: StepState, event: RunEvent): StepState {
  const status = STEP_STATUS[event.type];
  if (status === undefined) return step;
  const known = {
    ...step,
    ...factsOf(event.data),
    attempt: event.attempt ?? step.attempt,
    attempts: attemptsAfter(step, event, status),
  };
  return isBeginning(status) ? begun(known, event, status) : ended(known, event, status);
}

function begun(step: StepState, event: RunEvent, status: string): StepState {
  return {
    ...step,
    // Whoever asks a person waits as well; the more telling word stands.
    status: status === "waiting" && step.status === "asking" ? "asking" : status,
    // A step that had ended begins anew: the run was retried.
    startedAt: step.endedAt === null ? (step.startedAt ?? event.at) : event.at,
    endedAt: null,
    port: null,
    error: null,
    text: "",
  };
}

function ended(step: StepState, event: RunEvent, status: string): StepState {
  return {
    ...step,
    status,
    endedAt: status === "retrying" ? null : event.at,
    error: (event.data.error as ErrorInfo | undefined) ?? null,
  };
}

function isBeginning(status: string): boolean {
  return status === "running" || status === "waiting";
}

function factsOf(data: RunEvent["data"]): Partial<StepState> {
  const facts: Partial<StepState> = {};
  if (typeof data.kind === "string") facts.kind = data.kind;
  if (typeof data.name === "string") facts.name = data.name;
  if (typeof data.port === "string") facts.port = data.port;
  if (typeof data.cost_usd === "number") facts.costUsd = data.cost_usd;
  if (typeof data.tokens_in === "number") facts.tokens = data.tokens_in + (numberOf(data.tokens_out) ?? 0);
  return facts;
}

function attemptsAfter(step: StepState, event: RunEvent, status: string): Attempt[] {
  const error = (event.data.error as ErrorInfo | undefined) ?? null;
  const last = step.attempts.at(-1);
  if (isBeginning(status)) {
    if (last && last.endedAt === null) return step.attempts;
    return [
      ...step.attempts,
      { number: step.attempts.length + 1, startedAt: event.at, endedAt: null, error: null },
    ];
  }
  if (!last || last.endedAt !== null) return step.attempts;
  return [...step.attempts.slice(0, -1), { ...last, endedAt: event.at, error }];
}

function recount(tally: NodeTally | undefined, before: StepState | undefined, after: StepState): NodeTally {
  const counts = { ...tally?.counts };
  const ports = { ...tally?.ports };
  if (before) add(counts, before.status, -1);
  add(counts, after.status, 1);
  if (before?.port) add(ports, before.port, -1);
  if (after.port && after.status === "completed") add(ports, after.port, 1);
  return { counts, ports, latest: after.key };
}

function add(counts: Record<string, number>, name: string, by: number): void {
  const value = (counts[name] ?? 0) + by;
  if (value > 0) counts[name] = value;
  else delete counts[name];
}

function textOf(event: RunEvent): string {
  return stringOf(event.data.text) ?? "";
}

function stringOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
