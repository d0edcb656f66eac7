"""Requests and answers about trying out drafts and single nodes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.workflows.draft_models import Body, Revision
from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus, Pin

_CONFIRM = "Needed if a node that would run changes anything outside; `details.side_effects` of the refusal names them."


class RunDraft(Body):
    """Body of a test run of a draft."""

    input: Any = Field(default_factory=dict, description="Checked against the JSON Schema of the draft's input.")
    pins: dict[str, Pin] = Field(
        default_factory=dict,
        max_length=1_000,
        description="Outputs of nodes that are not to be executed, by root node id.",
    )
    revision: Revision | None = Field(default=None, description="The revision to run; the newest by default.")
    confirm: bool = Field(default=False, description=_CONFIRM)


class RunNode(Body):
    """Body of a test of one node."""

    node: dict[str, Any] = Field(description="The node as it stands in a document.")
    input: Any = Field(default_factory=dict, description="What its expressions read as `input`.")
    outputs: dict[str, Any] = Field(
        default_factory=dict, max_length=1_000, description="What they read as `nodes.<id>.output`, by node id."
    )
    vars: dict[str, Any] | None = Field(
        default=None, description="What they read as `vars`; those of the draft by default."
    )
    item: Any = Field(default=None, description="For a node in the body of a foreach: the item at hand.")
    index: int | None = Field(
        default=None, ge=0, description="Its place in the list; says that the node stands in the body of a foreach."
    )
    wait_seconds: float = Field(default=30.0, ge=0, le=60, description="How long to wait for the end.")
    confirm: bool = Field(default=False, description=_CONFIRM)


class NodeTest(BaseModel):
    """What a test of a node came to, or how far it is."""

    run_id: UUID = Field(description="The test is a run of its own; it can be followed and cancelled like any other.")
    status: NodeStatus = Field(description="`pending`, `running` or `waiting` while it goes on.")
    port: str | None = Field(description="Port through which the node would leave.")
    input: Any = Field(description="Its settings with all expressions filled in, as far as it has any effect.")
    output: Any
    error: ErrorInfo | None
    attempt: int
    cost_usd: float
    tokens_in: int
    tokens_out: int
    details: dict[str, Any] | None
    started_at: datetime | None
    ended_at: datetime | None
