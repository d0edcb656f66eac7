"""Arguments and results of the activities that serve the interpreter itself: activities/{run_log,people,llm}."""

from typing import Any, Literal

from pydantic import Field

from schemas.approvals import Alarm, RequestSettings
from schemas.errors import ErrorInfo
from schemas.messages import ChildRun, Message, RunStatus, StepEntry
from schemas.plan import PinnedVersion
from schemas.signals import ArrivedEvent, Decision


class WriteLog(Message):
    """Activity `write_log`: store entries that no other activity will carry."""

    run_id: str
    run_attempt: int = 1
    entries: tuple[StepEntry, ...] = ()
    status: RunStatus | None = Field(default=None, description="New status of the run, if it changed.")
    child: ChildRun | None = Field(default=None, description="First entry of a child run: its row is created.")


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
    purpose: Literal["approval", "intervention", "verification"] = "approval"
    round: int = Field(default=0, description="Counts interventions of one step.")
    title: str
    body: str = ""
    payload: Any = None
    form: dict[str, Any] | None = None
    decisions: tuple[tuple[str, str], ...] = Field(description="(name, label) of every way to answer.")
    priority: int = Field(default=1, description="`schemas.approvals.Priority`.")
    tags: tuple[str, ...] = ()
    settings: RequestSettings = RequestSettings()
    opened_at: str | None = Field(default=None, description="From when its times count.")
    deadline: float | None = Field(default=None, description="Seconds, in hours of the calendar if there is one.")
    reminders: tuple[float, ...] = Field(default=(), description="Likewise.")
    calendar: str | None = Field(default=None, description="Name of the workspace's calendar.")
    log: tuple[StepEntry, ...] = ()


class ApprovalState(Message):
    """An approval as the workflow needs it."""

    approval_id: str
    decision: Decision | None = Field(default=None, description="Set if it is decided already.")
    due_at: str | None = Field(default=None, description="When it expires.")
    alarms: tuple[Alarm, ...] = Field(default=(), description="In the order of their times.")


class ExpireApproval(Message):
    """Activity `expire_approval`: close it if nobody has decided. Result: the decision that stands."""

    approval_id: str
    outcome: Literal["expired", "cancelled"] = "expired"
    log: tuple[StepEntry, ...] = ()
    run_id: str
    run_attempt: int = 1


class RingApproval(Message):
    """Activity `ring_approval`: a reminder or an escalation is due. Result: `ApprovalState`."""

    approval_id: str
    run_id: str
    run_attempt: int = 1
    kind: Literal["remind", "escalate"]
    index: int


class GrantBudget(Message):
    """Activity `grant_budget`: a person lets a step spend more that a budget has stopped. Counts once per approval."""

    run_id: str
    run_attempt: int = 1
    path: str
    iteration: int
    approval_id: str
    amount_usd: float
    by: str | None = None
    details: dict[str, Any] = Field(default_factory=dict, description="Of the error `budget_exhausted`.")


class HandOverConversation(Message):
    """Activity `hand_over_conversation`: an agent gives its conversation to people. Result: `ConversationHanded`."""

    run_id: str = Field(description="The run that answers in the conversation.")
    path: str = Field(description="Of the call; with it and the iteration it is done once.")
    iteration: int
    agent: str = Field(description="Name of the agent.")
    reason: str
    to: tuple[str, ...] = Field(default=(), description="Who hears of it: e-mail addresses, group:<name>, role:<role>.")


class ConversationHanded(Message):
    """Result of `hand_over_conversation`."""

    found: bool = Field(description="Whether the run answers in a conversation at all.")


class LetPass(Message):
    """Activity `let_pass`: what people have let pass of what was said in a conversation. Result: `LetPassed`."""

    run_id: str = Field(description="The run that answers in the conversation, if it does.")
    digests: tuple[str, ...] = Field(default=(), description="Of messages that they let pass now.")


class LetPassed(Message):
    """Result of `let_pass`."""

    digests: tuple[str, ...] = Field(description="Of all messages of the conversation that they have let pass.")


class CompilePlan(Message):
    """Activity `compile_plan`: make a plan of what a model has written. Result: `CompiledPlan`."""

    run_id: str
    text: str
    name: str
    kinds: tuple[str, ...] = Field(description="Kinds of nodes that it may hold.")
    max_nodes: int
    limits: dict[str, Any] = Field(description="Bounds of its run.")


class CompiledPlan(Message):
    """A plan that can be run, or what is wrong with it."""

    faults: list[dict[str, Any]] = Field(default_factory=list, description="`code`, `node`, `field`, `message`.")
    document: dict[str, Any] | None = None
    version: PinnedVersion | None = None


class AwaitEvent(Message):
    """Activity `await_event`: take a kept event or register as waiter. Result: `EventState`."""

    run_id: str
    run_attempt: int = 1
    path: str
    iteration: int
    workflow_id: str = Field(description="Workflow to which the event is signalled.")
    type: str
    key: str
    filter: str | None = Field(default=None, description="Expression over `event` and `values`.")
    values: dict[str, Any] = Field(default_factory=dict)
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
