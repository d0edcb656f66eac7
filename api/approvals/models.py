"""Requests and answers about approvals."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from schemas.approvals import PriorityName, ReasonRule, RequestSettings

Purpose = Literal["approval", "intervention", "verification"]


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
    needs_reason: bool


class Vote(BaseModel):
    """An answer of one person."""

    stage: int
    by: str
    decision: str
    reason: str | None
    at: datetime


class StageState(BaseModel):
    """A round of answers."""

    name: str
    needed: int = Field(description="Equal answers that it needs.")
    voters: int | None = Field(description="How many people may answer; null if that is everybody with the permission.")
    votes: int = Field(description="Answers so far.")
    veto: bool
    assignees: list[str] = Field(description="Who may answer: e-mail addresses, `role:…`, `group:…`, or `anyone`.")


class Approval(BaseModel):
    """A request to a person."""

    id: UUID
    run_id: UUID
    run_attempt: int
    workflow: str | None = Field(description="Slug of the workflow.")
    path: str = Field(description="Path of the node that asks.")
    iteration: int
    node_name: str
    purpose: Purpose = Field(
        description="`intervention`: a step has failed and its run waits for somebody to say how to go on. "
        "`verification`: nobody knows whether a step has happened, and somebody must find out."
    )
    title: str
    body: str = Field(description="Markdown.")
    payload: Any = Field(description="Data that the decision is about, with edits that were made.")
    show: list[Any] = Field(description="How the payload is shown: views `fields`, `table`, `diff`, `email`, `json`.")
    form: dict[str, Any] | None = Field(description="JSON Schema of `data` in the answer.")
    defaults: Any = Field(description="What the form holds before it is filled in.")
    editable: list[str] = Field(description="Dotted paths of the payload that a person may change.")
    decisions: list[DecisionOption] = Field(description="All ways to answer.")
    reason_rule: ReasonRule
    priority: PriorityName
    tags: list[str]
    digest: str = Field(description="SHA-256 of what is shown; a decision must carry it.")
    revision: int
    status: ApprovalStatus
    stage: int = Field(description="Number of the present stage, from 0.")
    stages: int = Field(description="How many there are.")
    decision: str | None
    data: Any
    reason: str | None
    decided_by: str | None
    decided_by_kind: str | None = Field(description="`user`, `key`, `operator`, `rule`; null if the deadline decided.")
    decided_at: datetime | None
    claimed_by: str | None
    claimed_by_id: UUID | None
    undo_until: datetime | None = Field(description="Until then the decision can be taken back.")
    due_at: datetime | None = Field(description="When it expires.")
    created_at: datetime


class HistoryEntry(BaseModel):
    """Something that happened to a request, or was said about it."""

    id: int
    kind: str = Field(description="`opened`, `claimed`, `voted`, `comment`, `question`, `answer`, `decided`, …")
    text: str | None
    data: dict[str, Any] | None
    by: str
    by_kind: str
    at: datetime


class ApprovalDetail(Approval):
    """A request with everything that belongs to it."""

    may_decide: bool = Field(description="Whether the caller may answer now.")
    why_not: str | None = Field(description="Why the caller may not.")
    claimable: bool
    separation_of_duties: bool
    stage_states: list[StageState]
    votes: list[Vote]
    history: list[HistoryEntry]


class ApprovalPage(BaseModel):
    """Approvals in the order that was asked for."""

    items: list[Approval]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DecideApproval(_Body):
    """Body of a decision."""

    decision: str = Field(min_length=1, max_length=64, description="Name of one of the request's `decisions`.")
    digest: str = Field(min_length=1, max_length=64, description="`digest` of the request as it was shown.")
    data: Any = Field(default=None, description="The filled-in form.")
    payload: Any = Field(
        default=None, description="The whole payload with edits; only fields in `editable` may differ. Null: no edit."
    )
    reason: str | None = Field(default=None, max_length=10_000)


class DelegateApproval(_Body):
    """Body of a delegation."""

    to: UUID = Field(description="User id of the member who answers instead.")
    comment: str | None = Field(default=None, max_length=10_000)


class AssignApproval(_Body):
    """Body of an assignment."""

    to: list[str] = Field(
        min_length=1, max_length=100, description="E-mail addresses of members, `role:<role>`, `group:<name>`."
    )
    replace: StrictBool = Field(default=False, description="Whether nobody else may answer any more.")


class ReviseApproval(_Body):
    """Body of a change of the question; what is null stays."""

    title: str | None = Field(default=None, min_length=1, max_length=500)
    body: str | None = Field(default=None, max_length=100_000)
    payload: Any = None
    why: str = Field(min_length=1, max_length=2_000, description="Shown to those who are asked.")


class CommentOnApproval(_Body):
    """Body of a comment."""

    text: str = Field(min_length=1, max_length=20_000, description="Markdown.")
    kind: Literal["comment", "question", "answer"] = Field(
        default="comment", description="A `question` goes back to who asks, which may be an agent."
    )


class BulkDecision(_Body):
    """One of several requests in a bulk decision."""

    id: UUID
    digest: str = Field(min_length=1, max_length=64)


class DecideApprovals(_Body):
    """Body of a bulk decision: the same answer to several like requests."""

    approvals: list[BulkDecision] = Field(min_length=1, max_length=200)
    decision: str = Field(min_length=1, max_length=64)
    data: Any = None
    reason: str | None = Field(default=None, max_length=10_000)


class BulkRefusal(BaseModel):
    """Why a request of a bulk decision was left as it was."""

    code: str
    message: str


class BulkDecided(BaseModel):
    """What became of one request."""

    id: UUID
    approval: Approval | None
    error: BulkRefusal | None


class BulkDecisions(BaseModel):
    """What became of each request, in the order of the body."""

    items: list[BulkDecided]
    decided: int
    refused: int


def settings_of(raw: dict[str, Any]) -> RequestSettings:
    """Settings of a request as they were stored."""
    return RequestSettings.model_validate(raw)
