"""What travels through Temporal: arguments and results of workflows, activities and signals.

Every message names its workspace, so that a payload can be stored and encrypted for it.
Times are RFC 3339 text in UTC; sizes are bytes; money is US dollars.
"""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.errors import ErrorInfo
from schemas.plan import PinnedVersion

RUNS_QUEUE = "runs"
ACTIONS_QUEUE = "actions"
LLM_QUEUE = "llm"

GRAPH_RUN = "graph_run"
"""Workflow type of a run and of a chunk of foreach items."""


class Message(BaseModel):
    """Base of everything that travels."""

    model_config = ConfigDict(frozen=True)

    workspace_id: str


class NodeStatus(StrEnum):
    """Where a node stands; also the status of a step in the run log."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    COMPENSATED = "compensated"

    @property
    def resolved(self) -> bool:
        """Whether nothing more will happen to the node in this iteration."""
        return self not in (NodeStatus.PENDING, NodeStatus.RUNNING, NodeStatus.WAITING)


class RunStatus(StrEnum):
    """Where a run stands."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TERMINATED = "terminated"

    @property
    def ended(self) -> bool:
        """Whether the run is over."""
        return self not in (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.PAUSED)


class PlanRef(Message):
    """Stands for a stored plan: on the wire it is a reference into the blob store; the workflow receives a `Plan`."""

    plan_hash: str
    blob_hash: str
    size: int


class StepEntry(BaseModel):
    """What the run log learns of a step that is no activity of its own; rides along with the next activity."""

    model_config = ConfigDict(frozen=True)

    path: str = Field(description="Node path, e.g. `each[3].send`.")
    iteration: int = 0
    kind: str
    name: str
    status: NodeStatus
    port: str | None = None
    input: Any = None
    output: Any = None
    error: ErrorInfo | None = None
    at: str = Field(description="Workflow time of the change.")


class StepInput(Message):
    """Argument of the activity of an action node; the activity type is the node's kind."""

    run_id: str
    run_attempt: int = 1
    path: str
    iteration: int = 0
    kind: str
    name: str
    config: dict[str, Any] = Field(description="Settings with every template filled in, not yet validated.")
    compensates: str | None = Field(default=None, description="Path of the node that this step undoes.")
    log: tuple[StepEntry, ...] = ()

    @property
    def idempotency_key(self) -> str:
        """Key of the step's side effect: the same on every attempt, unlike any other step's."""
        return f"{self.run_id}/{self.path}/{self.iteration}"


class StepResult(Message):
    """Result of the activity of an action node."""

    output: Any = None
    port: str = "out"
    cost_usd: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    details: dict[str, Any] = Field(default_factory=dict, description="Small facts, such as the model that answered.")


class ChunkScope(BaseModel):
    """The part of a foreach that a child workflow runs."""

    model_config = ConfigDict(frozen=True)

    node: str = Field(description="Dotted plan path of the foreach node, e.g. `outer.each`.")
    path: str = Field(description="Run-log path of the foreach step, e.g. `outer[2].each`.")
    iteration: int
    items: list[Any]
    first_index: int
    vars: dict[str, Any]
    concurrency: int
    on_item_error: Literal["fail", "continue", "drop"]


class ParentLink(BaseModel):
    """Whom a child workflow tells when it is done."""

    model_config = ConfigDict(frozen=True)

    workflow_id: str
    child_key: str = Field(description="Key under which the parent waits.")
    run_id: str
    path: str


class RunEdit(BaseModel):
    """How a retry or a fork changes the snapshot that it starts from."""

    model_config = ConfigDict(frozen=True)

    mode: Literal["retry", "fork"]
    node: str | None = Field(default=None, description="Fork: root node from which everything is run anew.")
    outputs: dict[str, Any] = Field(default_factory=dict, description="Outputs to put in place, by root node id.")


class RunInput(Message):
    """Second argument of `graph_run`, after the plan."""

    run_id: str
    run_attempt: int = 1
    plan_ref: PlanRef
    input: Any = None
    started_at: str | None = Field(default=None, description="Set at the first start; kept over continue-as-new.")
    parent: ParentLink | None = None
    chunk: ChunkScope | None = None
    snapshot: dict[str, Any] | None = Field(default=None, description="State to go on from.")
    edit: RunEdit | None = None
    depth: int = Field(default=0, description="Levels of parents above this run.")
    child: "ChildRun | None" = Field(default=None, description="Set for the run of a sub_workflow node.")


class RunResult(Message):
    """Result of `graph_run`."""

    status: RunStatus
    output: Any = None
    error: ErrorInfo | None = None


# Signals. Names are the method names on the workflow.


class Control(Message):
    """Signal `control`: steer a run. Answering twice changes nothing."""

    action: Literal["cancel", "pause", "resume"]
    reason: str | None = None


class Decision(Message):
    """Signal `decide`: the one decision that the database accepted for an approval."""

    approval_id: str
    decision: str = Field(description="approved, rejected, expired, or a custom decision's name.")
    data: Any = None
    reason: str | None = None
    by: str | None = None
    at: str


class ArrivedEvent(Message):
    """Signal `event`: an event matched a waiter."""

    waiter_id: str
    event_id: str
    data: Any = None


class ChildDone(Message):
    """Signal `child_done`: a child workflow has ended."""

    child_key: str
    status: RunStatus
    output: Any = None
    error: ErrorInfo | None = None
    cost_usd: float = 0.0
    steps: int = 0
    undo: list[dict[str, Any]] = Field(default_factory=list, description="Steps that can be compensated, oldest first.")


# Arguments of the activities that serve the interpreter itself (activities/run_log, activities/people).


class WriteLog(Message):
    """Activity `write_log`: store entries that no other activity will carry."""

    run_id: str
    run_attempt: int = 1
    entries: tuple[StepEntry, ...] = ()
    status: RunStatus | None = Field(default=None, description="New status of the run, if it changed.")
    child: "ChildRun | None" = Field(default=None, description="First entry of a child run: its row is created.")


class ChildRun(BaseModel):
    """Row of a run that was started by a sub_workflow node."""

    model_config = ConfigDict(frozen=True)

    parent_run_id: str
    parent_path: str
    version: PinnedVersion
    input: Any = None


class CloseRun(Message):
    """Activity `close_run`: the run is over."""

    run_id: str
    run_attempt: int = 1
    status: RunStatus
    output: Any = None
    error: ErrorInfo | None = None
    entries: tuple[StepEntry, ...] = ()
    snapshot: dict[str, Any] | None = None
    child: ChildRun | None = None


class OpenApproval(Message):
    """Activity `open_approval`: create the request, or find the one of an earlier try. Result: `ApprovalState`."""

    run_id: str
    run_attempt: int = 1
    path: str
    iteration: int
    node_name: str
    workflow_id: str = Field(description="Workflow to which the decision is signalled.")
    purpose: Literal["approval", "intervention"] = "approval"
    round: int = Field(default=0, description="Counts interventions of one step.")
    title: str
    body: str = ""
    payload: Any = None
    form: dict[str, Any] | None = None
    decisions: tuple[tuple[str, str], ...] = Field(description="(name, label) of every way to answer.")
    due_at: str | None = None
    log: tuple[StepEntry, ...] = ()


class ApprovalState(Message):
    """An approval as the workflow needs it."""

    approval_id: str
    decision: Decision | None = Field(default=None, description="Set if it is decided already.")


class ExpireApproval(Message):
    """Activity `expire_approval`: close it if nobody has decided. Result: the decision that stands."""

    approval_id: str
    outcome: Literal["expired", "cancelled"] = "expired"
    log: tuple[StepEntry, ...] = ()
    run_id: str
    run_attempt: int = 1


class AwaitEvent(Message):
    """Activity `await_event`: take a kept event or register as waiter. Result: `EventState`."""

    run_id: str
    run_attempt: int = 1
    path: str
    iteration: int
    workflow_id: str = Field(description="Workflow to which the event is signalled.")
    type: str
    key: str
    log: tuple[StepEntry, ...] = ()


class EventState(Message):
    """A wait for an event."""

    waiter_id: str
    event: ArrivedEvent | None = None


class CancelWait(Message):
    """Activity `cancel_wait`: stop waiting. Result: `EventState`, with the event if it won the race."""

    waiter_id: str
    run_id: str
    run_attempt: int = 1
    log: tuple[StepEntry, ...] = ()
