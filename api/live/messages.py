"""What is said over `/v1/live`, in both directions: small JSON texts, each with a `type`.

A change says how a thing is now, never what happened to it, so it may be read twice, and only the latest counts.
"""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from schemas.errors import ErrorCode
from schemas.messages import RunStatus


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")


SubscriptionId = Annotated[str, Field(min_length=1, max_length=64, description="Chosen by the client.")]


class Authenticate(_Said):
    """The first message, if the token was not sent as a subprotocol; later, a fresh token before the old one ends."""

    type: Literal["authenticate"]
    token: str = Field(max_length=4_096, description="An access token, an API key or the operator's token.")


class _Subscribe(_Said):
    type: Literal["subscribe"]
    id: SubscriptionId


class SubscribeRun(_Subscribe):
    """Changes of one run; its present state comes at once."""

    topic: Literal["run"]
    run_id: UUID


class SubscribeWorkflow(_Subscribe):
    """Changes of all runs of a workflow."""

    topic: Literal["workflow"]
    workflow: str = Field(max_length=200, description="Slug of the workflow.")


class SubscribeRuns(_Subscribe):
    """Changes of all runs of the workspace."""

    topic: Literal["runs"]


class SubscribeApprovals(_Subscribe):
    """Changes of the inbox; the number of open approvals comes at once."""

    topic: Literal["approvals"]


class Unsubscribe(_Said):
    """No more changes for a subscription."""

    type: Literal["unsubscribe"]
    id: SubscriptionId


Subscribe = Annotated[
    SubscribeRun | SubscribeWorkflow | SubscribeRuns | SubscribeApprovals, Field(discriminator="topic")
]
LiveRequest = Annotated[Authenticate | Subscribe | Unsubscribe, Field(discriminator="type")]

REQUESTS: Final[
    TypeAdapter[Authenticate | SubscribeRun | SubscribeWorkflow | SubscribeRuns | SubscribeApprovals | Unsubscribe]
] = TypeAdapter(LiveRequest)


class Ready(BaseModel):
    """The token is valid; subscriptions may follow."""

    type: Literal["ready"] = "ready"
    workspace_id: UUID
    heartbeat_seconds: float = Field(description="If nothing came for twice as long, the connection is dead.")


class Subscribed(BaseModel):
    """A subscription has begun: changes from now on are told."""

    type: Literal["subscribed"] = "subscribed"
    id: str


class Unsubscribed(BaseModel):
    """A subscription has ended."""

    type: Literal["unsubscribed"] = "unsubscribed"
    id: str


class Refused(BaseModel):
    """A subscription was refused, or has ended because the permission for it was taken away."""

    type: Literal["refused"] = "refused"
    id: str
    code: ErrorCode
    message: str


class RunChanged(BaseModel):
    """How a run is now."""

    type: Literal["run.changed"] = "run.changed"
    id: UUID
    workflow: str = Field(description="Slug of the workflow.")
    version: int
    status: RunStatus
    attempt: int
    last_event_seq: int = Field(description="Number of its latest event.")
    steps_done: int
    cost_usd: float
    tokens_in: int
    tokens_out: int
    parent_run_id: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ApprovalChanged(BaseModel):
    """How an approval is now."""

    type: Literal["approval.changed"] = "approval.changed"
    id: UUID
    run_id: UUID
    status: str = Field(description="`pending`, `decided`, `expired` or `cancelled`.")
    purpose: str
    decision: str | None
    decided_by: str | None
    due_at: datetime | None
    revision: int = Field(description="Grows when the question changes.")
    stage: int
    claimed_by: str | None
    last_entry: int = Field(description="Number of the latest entry of its history: whatever happens to it adds one.")
    last_kind: str = Field(description="Kind of that entry, such as `claimed`, `voted`, `comment`, `assigned`.")


class ApprovalsPending(BaseModel):
    """How many approvals are open."""

    type: Literal["approvals.pending"] = "approvals.pending"
    count: int


class Resync(BaseModel):
    """Changes may have been missed: read again what is shown."""

    type: Literal["resync"] = "resync"


class Heartbeat(BaseModel):
    """The connection lives."""

    type: Literal["heartbeat"] = "heartbeat"


LiveMessage = Annotated[
    Ready | Subscribed | Unsubscribed | Refused | RunChanged | ApprovalChanged | ApprovalsPending | Resync | Heartbeat,
    Field(discriminator="type"),
]
