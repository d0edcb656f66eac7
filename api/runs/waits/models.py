"""What a run waits for, as the API tells it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field


class WaitKind(StrEnum):
    """What an unfinished run waits for."""

    START = "start"
    """Its workflow is about to be started."""
    PAUSED = "paused"
    """Somebody has paused it, or is about to."""
    CANCELLING = "cancelling"
    """Somebody has cancelled it; what is under way ends, and finished steps are undone."""
    APPROVAL = "approval"
    """A person's answer."""
    INTERVENTION = "intervention"
    """A person's word on what to do about a failed step."""
    RETRY = "retry"
    """The next attempt of a step."""
    EVENT = "event"
    """An event from outside."""
    SUB_RUN = "sub_run"
    """A run of another workflow."""
    TIMER = "timer"
    """A point in time."""
    LIMIT = "limit"
    """Steps under way, because no more may run at once."""
    STEP = "step"
    """A step that is being executed."""
    WORKER = "worker"
    """A worker that is free, or that is there at all."""
    ENGINE = "engine"
    """Temporal, which cannot be reached or cannot get on with it."""


class Wait(BaseModel):
    """Why a run waits."""

    kind: WaitKind
    sentence: str = Field(description="For a person: what it waits for, since or until when, whom to ask.")
    node: str | None = Field(description="Path of the step that waits.")
    since: datetime | None = Field(description="Since when it waits.")
    until: datetime | None = Field(description="When it goes on by itself, or the deadline.")
    attempt: int | None = Field(description="Number of the attempt that comes next.")
    queue: str | None = Field(description="Task queue on which a worker is missing.")
    by: str | None = Field(description="Who has paused or cancelled it.")
    approval_id: UUID | None = Field(description="The request that must be answered.")
    run_id: UUID | None = Field(description="The run that it waits for.")
    others: int = Field(description="Further things that it waits for at the same time.")


def wait(kind: WaitKind, sentence: str, **facts: object) -> Wait:
    """A wait with the facts that are known."""
    nothing = dict.fromkeys(field for field in Wait.model_fields if field not in ("kind", "sentence", "others"))
    return Wait.model_validate({**nothing, "others": 0, **facts, "kind": kind, "sentence": sentence})
