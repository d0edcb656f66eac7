"""Signals of running workflows; each name is that of the method which takes it."""

from typing import Any, Literal

from pydantic import Field

from schemas.errors import ErrorInfo
from schemas.messages import Message, RunStatus


class Control(Message):
    """Signal `control`: steer a run. Answering twice changes nothing."""

    action: Literal["cancel", "pause", "resume"]
    reason: str | None = None


class Steer(Message):
    """Signal `steer`: a person says something to an agent in mid-run. The same id twice is said once."""

    id: str
    message: str
    path: str | None = Field(default=None, description="Path of the agent node, if the run has several.")
    by: str | None = None
    at: str


class Terminate(Message):
    """No signal, but on the same way: the workflow is terminated in Temporal, chunks of its foreach included."""

    reason: str
    tells_parent: bool = Field(default=False, description="Whether the one that waits for the run must be told.")
    again: bool = Field(default=False, description="The second look, at what was just being started at the first.")


class Decision(Message):
    """Signal `decide`: the one decision that the database accepted for an approval."""

    approval_id: str
    decision: str = Field(description="approved, rejected, expired, or a custom decision's name.")
    data: Any = None
    reason: str | None = None
    by: str | None = None
    at: str
    payload: Any = Field(default=None, description="What was decided about; only if it is not what was asked.")
    changed: bool = Field(default=False, description="Whether `payload` stands in place of what was asked.")
    digest: str | None = Field(default=None, description="SHA-256 of what the person was shown.")
    rule: str | None = Field(default=None, description="`<name> v<version>` of the rule that answered.")
    votes: tuple[dict[str, Any], ...] = Field(default=(), description="`by`, `decision`, `reason`, `at` of every vote.")


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
    seconds: float = 0.0
    steps: int = 0
    undo: list[dict[str, Any]] = Field(default_factory=list, description="Steps that can be compensated, oldest first.")
    memo: dict[str, Any] | None = Field(default=None, description="How far a part of a run had come that failed.")
    approved_tools: tuple[str, ...] = Field(default=(), description="Of a part: tools approved for the run.")
    accepted_tools: tuple[str, ...] = Field(default=(), description="Of a part: digests of changed tools.")
