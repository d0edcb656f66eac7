"""Requests and answers about runs."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.runs.waits.models import Wait
from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus, RunStatus
from schemas.run_events import RunEvent

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$", examples=["refund-triage"])]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StartRun(_Body):
    """Body of a start."""

    workflow: Slug = Field(description="Slug of the workflow.")
    version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Version; the newest by default.")
    input: Any = Field(default_factory=dict, description="Checked against the JSON Schema of the version's input.")


class RunAccepted(BaseModel):
    """A run that is going to happen."""

    id: UUID
    workflow: str = Field(description="Slug of the workflow.")
    version: int
    status: RunStatus = Field(description="`pending`: it is about to start.")
    attempt: int
    created_at: datetime


class RunSummary(BaseModel):
    """A run without its data."""

    id: UUID
    workflow: str = Field(description="Slug of the workflow.")
    version: int
    status: RunStatus
    attempt: int = Field(description="Counts retries of the run, from 1.")
    cost_usd: float
    tokens_in: int
    tokens_out: int
    steps_done: int
    error: ErrorInfo | None
    waiting: Wait | None = Field(
        description="Why it waits, null when it has ended. Lists tell what the database knows, one run alone all."
    )
    trigger: str = Field(
        description="What started it: `api`, `sub_workflow`, `fork`, `test`, `chat`, `schedule`, `webhook`, `form`, "
        "`email`."
    )
    started_by: str | None = Field(description="Name of who started it; null for a child run.")
    parent_run_id: UUID | None = Field(description="Run whose sub_workflow node started it.")
    parent_path: str | None = Field(description="Path of that node.")
    forked_from: UUID | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime


class Run(RunSummary):
    """A run with its data."""

    input: Any
    output: Any
    last_event_seq: int = Field(description="Number of its latest event.")


class RunPage(BaseModel):
    """Runs, the newest first."""

    items: list[RunSummary]
    next_cursor: str | None = Field(
        description="`cursor` of the next page; null on the last. A page that is not full may still have one."
    )


class RunStep(BaseModel):
    """One node in one iteration."""

    path: str = Field(description="Node path, e.g. `each[3].send`.")
    iteration: int = Field(description="Rounds of loops, from 0.")
    kind: str
    name: str
    status: NodeStatus
    attempt: int = Field(description="Attempts of this step, from 1.")
    run_attempt: int = Field(description="Attempt of the run that ran it last.")
    port: str | None
    input: Any
    output: Any
    error: ErrorInfo | None
    cost_usd: float
    tokens_in: int
    tokens_out: int
    details: dict[str, Any] | None
    started_at: datetime | None
    ended_at: datetime | None


class StepPage(BaseModel):
    """Steps in the order in which they began."""

    items: list[RunStep]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class EventPage(BaseModel):
    """Events in order."""

    items: list[RunEvent]
    next_after: int | None = Field(description="`after` of the next page; null if there is none yet.")


class ControlRun(_Body):
    """Body of cancel, pause and resume; may be left out."""

    reason: str | None = Field(default=None, max_length=2_000, description="Why; kept with the run.")


class SteerRun(_Body):
    """Body of saying something to an agent in mid-run."""

    message: str = Field(min_length=1, max_length=50_000, description="The agent hears it before its next turn.")
    path: str | None = Field(
        default=None, min_length=1, max_length=2_000, description="Path of the agent node, if several run at once."
    )


class ForkRun(_Body):
    """Body of a fork."""

    node: str = Field(min_length=1, max_length=64, description="Root node from which everything is run anew.")
    input: Any = Field(default=None, description="Another input; null keeps that of the run.")
    outputs: dict[str, Any] = Field(
        default_factory=dict, max_length=1_000, description="Outputs to put in place, by root node id."
    )
    turn: int | None = Field(
        default=None,
        ge=0,
        le=100_000,
        description="If `node` is an agent, or with `member` a crew: the turn from which it goes on, from 0.",
    )
    member: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="If `node` is a crew: whose turn that is, as paths of steps name it behind the crew: its task, "
        "`manager`, `judge`, or `ada[2]` where work is handed on. What was done before stays.",
    )
    messages: list[dict[str, Any]] | None = Field(
        default=None,
        min_length=1,
        max_length=10_000,
        description="With `turn`: the conversation before that turn, edited; null keeps it as it was.",
    )

    @model_validator(mode="after")
    def _with_turn(self) -> Self:
        if self.messages is not None and self.turn is None:
            raise ValueError("say in `turn` from which turn the agent goes on with these messages")
        if self.member is not None and self.turn is None:
            raise ValueError("say in `turn` from which turn the member goes on")
        return self
