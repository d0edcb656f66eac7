"""Events of a run, as the run log keeps them and the API streams them."""

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class EventType(StrEnum):
    """What happened. Part of the public API."""

    RUN_CREATED = "run.created"
    RUN_STARTED = "run.started"
    RUN_PAUSED = "run.paused"
    RUN_RESUMED = "run.resumed"
    RUN_CANCEL_REQUESTED = "run.cancel_requested"
    RUN_COMPLETED = "run.completed"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    RUN_TERMINATED = "run.terminated"
    RUN_RETRIED = "run.retried"
    RUN_STEERED = "run.steered"
    STEP_STARTED = "step.started"
    STEP_WAITING = "step.waiting"
    STEP_DELTA = "step.delta"
    STEP_SUPERSEDED = "step.superseded"
    STEP_RETRYING = "step.retrying"
    STEP_COMPLETED = "step.completed"
    STEP_FAILED = "step.failed"
    STEP_SKIPPED = "step.skipped"
    STEP_CANCELLED = "step.cancelled"
    STEP_COMPENSATED = "step.compensated"
    APPROVAL_OPENED = "approval.opened"
    APPROVAL_DECIDED = "approval.decided"
    APPROVAL_EXPIRED = "approval.expired"
    APPROVAL_REOPENED = "approval.reopened"
    APPROVAL_COMMENTED = "approval.commented"
    APPROVAL_REMINDED = "approval.reminded"
    APPROVAL_ESCALATED = "approval.escalated"


class RunEvent(BaseModel):
    """One entry of a run's gapless history."""

    model_config = ConfigDict(frozen=True)

    seq: int = Field(description="1, 2, 3 … without gaps within the run; the SSE event id.")
    type: EventType
    at: str = Field(description="RFC 3339, UTC.")
    path: str | None = Field(description="Node path for events of a step.")
    iteration: int | None
    attempt: int | None
    data: dict[str, Any] = Field(description="Details by type, e.g. `text` of a delta, `output`, `error`, `cost_usd`.")
