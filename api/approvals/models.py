"""Requests and answers about approvals."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class ApprovalStatus(StrEnum):
    """Where a request to a person stands."""

    PENDING = "pending"
    DECIDED = "decided"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class DecisionOption(BaseModel):
    """A way to answer."""

    name: str
    label: str = Field(description="Text of the button.")


class Approval(BaseModel):
    """A request to a person."""

    id: UUID
    run_id: UUID
    run_attempt: int
    path: str = Field(description="Path of the node that asks.")
    iteration: int
    node_name: str
    purpose: Literal["approval", "intervention"] = Field(
        description="`intervention`: a step has failed and its run waits for somebody to say how to go on."
    )
    title: str
    body: str = Field(description="Markdown.")
    payload: Any = Field(description="Data that the decision is about.")
    form: dict[str, Any] | None = Field(description="JSON Schema of `data` in the answer.")
    decisions: list[DecisionOption] = Field(description="All ways to answer.")
    status: ApprovalStatus
    decision: str | None
    data: Any
    reason: str | None
    decided_by: str | None
    decided_at: datetime | None
    due_at: datetime | None = Field(description="When it expires.")
    created_at: datetime


class ApprovalPage(BaseModel):
    """Approvals, the oldest first."""

    items: list[Approval]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class DecideApproval(BaseModel):
    """Body of a decision."""

    model_config = ConfigDict(extra="forbid")

    decision: str = Field(min_length=1, max_length=64, description="Name of one of the request's `decisions`.")
    data: Any = Field(default=None, description="The filled-in form.")
    reason: str | None = Field(default=None, max_length=10_000)
