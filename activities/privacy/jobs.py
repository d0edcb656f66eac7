"""What the pages of all jobs share: the row of the job, how far it is, and what a page has found."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client

from activities.knowledge.index import VectorIndex
from db.audit import Actor
from db.session import Database
from db.tables import PrivacyJob
from schemas.privacy import JobKind, JobStatus


@dataclass(frozen=True)
class Tools:
    """What a page works with."""

    database: Database
    index: VectorIndex
    temporal: Client


@dataclass(frozen=True)
class Job:
    """A job as it stands at the beginning of a page."""

    id: UUID
    workspace_id: UUID
    kind: JobKind
    parameters: dict[str, Any]
    progress: dict[str, Any]
    actor: Actor
    created_at: datetime


@dataclass
class Page:
    """What came of a page."""

    progress: dict[str, Any]
    done: int = 0
    """Rows that were deleted or written."""
    finished: bool = False
    note: str | None = None
    pause_seconds: float = 0.0
    kept_for_days: int | None = field(default=None)
    """How long what was made is kept."""

    def count(self, name: str, number: int) -> None:
        """Add to the number of rows of a class or table."""
        if number:
            counts = self.progress.setdefault("counts", {})
            counts[name] = counts.get(name, 0) + number
            self.done += number


async def begin(session: AsyncSession, job_id: UUID) -> Job | None:
    """The job, if there is anything left to do; it runs from now on."""
    row = await session.scalar(select(PrivacyJob).where(PrivacyJob.id == job_id).with_for_update())
    if row is None or JobStatus(row.status).ended:
        return None
    if row.status == JobStatus.PENDING:
        row.status, row.started_at = JobStatus.RUNNING, func.clock_timestamp()
    row.updated_at = func.clock_timestamp()
    return Job(
        id=row.id,
        workspace_id=row.workspace_id,
        kind=JobKind(row.kind),
        parameters=row.parameters,
        progress=row.progress,
        actor=Actor.of(row.workspace_id, row.created_by),
        created_at=row.created_at,
    )


async def settle(session: AsyncSession, job: Job, page: Page) -> None:
    """Write down how far the job is, in the transaction of what the page did."""
    now = func.clock_timestamp()
    values: dict[str, Any] = {
        "progress": page.progress,
        "done": PrivacyJob.done + page.done,
        "note": page.note,
        "updated_at": now,
    }
    if page.finished:
        values |= {"status": JobStatus.COMPLETED, "ended_at": now, **_forgotten(job.kind)}
    if page.kept_for_days is not None:
        values["expires_at"] = now + func.make_interval(0, 0, 0, page.kept_for_days)
    await session.execute(update(PrivacyJob).where(PrivacyJob.id == job.id).values(**values))


async def fail(session: AsyncSession, job_id: UUID, why: str) -> None:
    """The job can never be finished."""
    now = func.clock_timestamp()
    mine = update(PrivacyJob).where(PrivacyJob.id == job_id, PrivacyJob.status.in_(("pending", "running")))
    failed = mine.values(status=JobStatus.FAILED, note=why, ended_at=now, updated_at=now)
    kind = await session.scalar(failed.returning(PrivacyJob.kind))
    if kind is not None and (forgotten := _forgotten(JobKind(kind))):
        await session.execute(update(PrivacyJob).where(PrivacyJob.id == job_id).values(**forgotten))


def _forgotten(kind: JobKind) -> dict[str, Any]:
    """What the row of an ended job must not keep: whom it was about."""
    return {"parameters": {}} if kind is JobKind.ERASE_PERSON else {}
