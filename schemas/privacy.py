"""Jobs of privacy: retention, export, erasure; what travels for them, and which classes of data there are."""

from enum import StrEnum
from typing import ClassVar, Final

from pydantic import Field

from schemas.messages import Message

PRIVACY_JOB: Final = "privacy_job"
"""Workflow type of a job."""

RETENTION_ROUND: Final = "retention_round"
"""Workflow type of the daily look at who has rules."""


class JobKind(StrEnum):
    """What a job does."""

    RETENTION = "retention"
    EXPORT = "export"
    ERASE_PERSON = "erase_person"
    ERASE_WORKSPACE = "erase_workspace"


class JobStatus(StrEnum):
    """Where a job stands."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (JobStatus.PENDING, JobStatus.RUNNING)


class DataClass(StrEnum):
    """Data that has a rule of its own."""

    RUNS = "runs"
    """Runs that have ended, with their steps, events, approvals."""
    EVENTS = "events"
    """Events of runs that have ended, and events that were sent for waiting runs."""
    BLOBS = "blobs"
    """Large payloads that no run needs any more."""
    DELIVERIES = "deliveries"
    """Calls of hooks, callbacks, messages, calls of connections."""
    CHATS = "chats"
    MEMORIES = "memories"
    """Facts that agents remember, with their vectors."""
    DOCUMENTS = "documents"
    """Documents of knowledge bases, with their vectors."""
    FILES = "files"
    AUDIT = "audit"


class PrivacyOrder(Message):
    """Argument of `privacy_job`."""

    only_ids: ClassVar[bool] = True
    job_id: str


class PrivacyProgress(Message):
    """Result of a page of a job."""

    only_ids: ClassVar[bool] = True
    finished: bool
    pause_seconds: float = Field(default=0.0, description="Before the next page.")
