"""Bulk jobs: one operation on many runs. What travels through Temporal for them, and their words."""

from enum import StrEnum
from typing import Final

from pydantic import Field

from schemas.messages import Message

BULK_JOB: Final = "bulk_job"
"""Workflow type of a bulk job."""


class BulkOperation(StrEnum):
    """What is done to each run. Part of the public API."""

    CANCEL = "cancel"
    TERMINATE = "terminate"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    FORK = "fork"


class BulkStatus(StrEnum):
    """Where a bulk job stands."""

    PREVIEW = "preview"
    PENDING = "pending"
    RUNNING = "running"
    STOPPING = "stopping"
    COMPLETED = "completed"
    STOPPED = "stopped"

    @property
    def ended(self) -> bool:
        """Whether it does nothing any more."""
        return self in (BulkStatus.COMPLETED, BulkStatus.STOPPED)


class BulkOutcome(StrEnum):
    """What became of a run."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class BulkInput(Message):
    """Argument of the workflow `bulk_job` and of the activity `bulk_page`."""

    bulk_id: str


class BulkProgress(Message):
    """Result of the activity `bulk_page`."""

    finished: bool = Field(description="Whether the job has ended.")
    pause_seconds: float = Field(default=0.0, description="Time to let pass before the next page.")
