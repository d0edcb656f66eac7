"""What travels through Temporal: arguments and results of workflows and steps; see also signals, service_calls.

Every message names its workspace, so that a payload can be stored and encrypted for it.
Times are RFC 3339 text in UTC; sizes are bytes; money is US dollars.
"""

from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.credentials.references import CredentialUse
from schemas.errors import ErrorInfo
from schemas.plan import PinnedVersion

RUNS_QUEUE = "runs"
ACTIONS_QUEUE = "actions"
LLM_QUEUE = "llm"

GRAPH_RUN = "graph_run"
"""Workflow type of a run and of a chunk of foreach items."""
GIVE_WAY = "give_way"
"""Activity that does nothing: what follows it happens in a workflow task of its own."""


CREDENTIAL_CHECK = "credential_check"
"""Workflow type of the test of a credential."""


class Message(BaseModel):
    """Base of everything that travels."""

    model_config = ConfigDict(frozen=True)

    only_ids: ClassVar[bool] = False
    """Whether it says nothing but which rows it is about, and is needed after the workspace's keys are destroyed."""

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
        return self not in UNFINISHED


UNFINISHED = (RunStatus.PENDING, RunStatus.RUNNING, RunStatus.PAUSED)
"""Where a run stands that is not over."""


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


class StepCredentials(BaseModel):
    """What the published document says about credentials; only that decides what a step may use. Holds no secret."""

    model_config = ConfigDict(frozen=True)

    uses: tuple[CredentialUse, ...] = Field(default=(), description="Where the settings of this node name one.")
    origin: str | None = Field(
        default=None, description="Scheme and host of the node's `url` as written; null if they are computed."
    )
    known: tuple[str, ...] = Field(
        default=(),
        description="Every reference of the document: their values are kept out of what its steps give back.",
    )


class ApprovalProof(BaseModel):
    """The approval that let a step begin, as the run remembers it."""

    model_config = ConfigDict(frozen=True)

    approval_id: str
    decision: str
    digest: str
    payload_hash: str = Field(description="`schemas.approvals.value_digest` of the payload that was approved.")


class CrewBudget(BaseModel):
    """What all members of a crew, or a run and all that it starts, may spend on models together."""

    model_config = ConfigDict(frozen=True)

    key: str = Field(description="Tells it from all others: id of the run, and of a crew its path there.")
    usd: float
    scope: Literal["crew", "run"] = "crew"


class StepBudget(BaseModel):
    """What a step and those around it may spend on models; each call is reserved before it is made."""

    model_config = ConfigDict(frozen=True)

    root_run_id: str = Field(description="Run at the top of the tree of runs that share `tree_usd`.")
    crews: tuple[CrewBudget, ...] = Field(
        default=(),
        description="Crews that the step works for, and runs that have started its own, the outermost first.",
    )
    step_usd: float | None = Field(default=None, description="All calls of this step, failed attempts included.")
    run_usd: float | None = Field(default=None, description="All steps of the run that have a budget.")
    tree_usd: float | None = Field(default=None, description="All such steps of all runs of the tree.")


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
    credentials: StepCredentials | None = Field(default=None, description="Null if the document names none.")
    approved: tuple[ApprovalProof, ...] = Field(
        default=(), description="Approvals right before the step; checked against what the database holds of them."
    )
    budget: StepBudget | None = Field(default=None, description="Null if nothing is reserved.")

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


class CheckCredential(Message):
    """Argument of `credential_check`."""

    credential_id: str
    url: str | None = Field(default=None, description="Who is asked, for types that belong to no provider.")


class CredentialVerdict(Message):
    """Result of `credential_check`."""

    result: Literal["accepted", "refused", "unclear"]
    status: int | None = None
    message: str


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


class MemberScope(BaseModel):
    """The member of a crew that a child workflow runs."""

    model_config = ConfigDict(frozen=True)

    graph: str = Field(description="Dotted plan path of the graph that the crew stands in.")
    node: str = Field(description="Id of the crew node.")
    place: tuple[str | int, ...] = Field(description="Where its settings stand in those of the node.")
    path: str = Field(description="Run-log path of the crew, round of a loop included.")
    name: str = Field(description="Of its step below that.")
    title: str
    settings: dict[str, Any] = Field(description="Of the agent, filled in.")
    ask: bool = Field(default=False, description="Whether a person is asked if it fails.")
    crew: dict[str, Any] | None = Field(default=None, description="Settings of the crew, for a member that delegates.")
    team_tool: str | None = Field(default=None, description="By which it works with the others.")
    memo: dict[str, Any] | None = Field(default=None, description="How far it had come when it failed before.")
    steers: tuple[dict[str, Any], ...] = Field(default=(), description="What people said to it before it began.")
    budget: CrewBudget | None = Field(default=None, description="What the crew may spend, if that is bounded.")


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
    turn: int | None = Field(default=None, description="Fork of an agent: the turn from which `node` goes on.")
    member: str | None = Field(default=None, description="Fork of a crew: whose turn that is.")
    messages: list[dict[str, Any]] | None = Field(default=None, description="Its conversation before that turn.")


class Pin(BaseModel):
    """What a node gives in a test instead of being executed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    output: Any = Field(default=None, description="Output of the node, whenever it is its turn.")
    port: str | None = Field(default=None, description="Port through which it leaves; its first one by default.")


class Pins(BaseModel):
    """What a test run is given instead of finding it out; stored in `runs.pinned`."""

    model_config = ConfigDict(frozen=True)

    nodes: dict[str, Pin] = Field(default_factory=dict, description="By root node id.")
    names: dict[str, Any] = Field(default_factory=dict, description="Further names for expressions: `item`, `index`.")


class ChildRun(BaseModel):
    """Row of a run that was started by a sub_workflow node."""

    model_config = ConfigDict(frozen=True)

    parent_run_id: str
    parent_path: str
    version: PinnedVersion
    input: Any = None


class RunInput(Message):
    """Second argument of `graph_run`, after the plan."""

    run_id: str
    run_attempt: int = 1
    plan_ref: PlanRef
    input: Any = None
    started_at: str | None = Field(default=None, description="Set at the first start; kept over continue-as-new.")
    parent: ParentLink | None = None
    chunk: ChunkScope | None = None
    member: MemberScope | None = None
    root_run_id: str | None = Field(default=None, description="Run at the top of the tree; null for that run itself.")
    tree_usd: float | None = Field(default=None, description="What models may cost in all runs of the tree together.")
    crews: tuple[CrewBudget, ...] = Field(
        default=(),
        description="Crews that it works for, and runs with a limit that have started it, the outermost first.",
    )
    workflow: str = Field(default="", description="Slug of the workflow; empty if whoever started it did not know.")
    snapshot: dict[str, Any] | None = Field(default=None, description="State to go on from.")
    edit: RunEdit | None = None
    approved_tools: tuple[str, ...] = Field(default=(), description="Of a part: tools approved for the run.")
    accepted_tools: tuple[str, ...] = Field(default=(), description="Of a part: digests of changed tools.")
    steers: tuple[dict[str, Any], ...] = Field(default=(), description="What people said to it before it began.")
    depth: int = Field(default=0, description="Levels of parents above this run.")
    child: ChildRun | None = Field(default=None, description="Set for the run of a sub_workflow node.")
    pins: Pins | None = Field(default=None, description="Set for a test run.")

    @property
    def is_part(self) -> bool:
        """Whether this is a part of a run, which its parent reports."""
        return self.chunk is not None or self.member is not None


class RunResult(Message):
    """Result of `graph_run`."""

    status: RunStatus
    output: Any = None
    error: ErrorInfo | None = None
