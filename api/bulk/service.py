"""Starting, watching and stopping bulk jobs."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.bulk import models, repository
from api.errors import RequestError, not_found
from api.requests import bad_cursor, decode_cursor, decode_moment_cursor, encode_cursor
from db import audit
from db.audit import Actor
from db.tables import BulkItem, BulkJob
from schemas.bulk import BulkOperation, BulkOutcome, BulkStatus
from schemas.errors import ErrorCode

OPEN: Final = "open"


async def start_bulk(session: AsyncSession, actor: Actor, body: models.StartBulk) -> tuple[models.BulkJob, bool]:
    """Accept what was previewed: when the transaction is committed, the job is certain to be carried out.

    Returns:
        The job, and whether it was this call that accepted it.

    Raises:
        RequestError: `not_found`, or `conflict` if the preview has expired or is about no run.
    """
    job = await repository.find_job(session, body.token, lock=True)
    if job is None:
        raise not_found("preview", body.token)
    if job.status != BulkStatus.PREVIEW:
        return describe(job), False
    now = datetime.now(UTC)
    if job.expires_at is None or job.expires_at < now:
        raise RequestError(ErrorCode.CONFLICT, "The preview has expired; make a new one and look at it again.")
    if job.total == 0:
        raise RequestError(ErrorCode.CONFLICT, "The operation applies to no run, so there is nothing to start.")
    job.status, job.accepted_at, job.updated_at = BulkStatus.PENDING, now, now
    job.per_minute, job.created_by = body.per_minute, actor.described()
    after = {"operation": job.operation, "runs": job.total, "filter": job.filter}
    audit.record(session, actor, "bulk.started", ("bulk", job.id), after=after)
    return describe(job), True


async def stop_bulk(session: AsyncSession, actor: Actor, bulk_id: UUID) -> models.BulkJob:
    """Let a job end after the run at hand; what it has done stays.

    Raises:
        RequestError: `not_found`, or `conflict` if it has ended.
    """
    job = await _require(session, bulk_id, lock=True)
    if BulkStatus(job.status).ended:
        message = f"The job has ended as {job.status}; there is nothing to stop."
        raise RequestError(ErrorCode.CONFLICT, message, details={"status": job.status})
    if job.status != BulkStatus.STOPPING:
        before = {"status": job.status, "done": job.done}
        job.status, job.updated_at = BulkStatus.STOPPING, datetime.now(UTC)
        audit.record(session, actor, "bulk.stopped", ("bulk", bulk_id), before=before)
    return describe(job)


async def get_bulk(session: AsyncSession, bulk_id: UUID) -> models.BulkJob:
    """A job.

    Raises:
        RequestError: `not_found`.
    """
    return describe(await _require(session, bulk_id))


async def list_bulk(
    session: AsyncSession, status: list[BulkStatus], cursor: str | None, limit: int
) -> models.BulkJobPage:
    """A page of jobs."""
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_jobs(session, status, before, limit + 1)
    items = [describe(row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    more = None if last is None else encode_cursor(last.created_at.isoformat(), str(last.id))
    return models.BulkJobPage(items=items, next_cursor=more)


async def list_items(
    session: AsyncSession, bulk_id: UUID, outcome: str | None, cursor: str | None, limit: int
) -> models.BulkItemPage:
    """A page of the runs of a job.

    Raises:
        RequestError: `not_found`.
    """
    await _require(session, bulk_id)
    rows = await repository.list_items(session, bulk_id, outcome, _place(cursor), limit + 1)
    more = encode_cursor(str(rows[limit - 1].place)) if len(rows) > limit else None
    return models.BulkItemPage(items=[_item(row) for row in rows[:limit]], next_cursor=more)


def describe(job: BulkJob) -> models.BulkJob:
    """A job as the API shows it."""
    if job.accepted_at is None:
        raise ValueError("a preview is no job")
    fork = job.parameters.get("fork")
    return models.BulkJob(
        id=job.id,
        operation=BulkOperation(job.operation),
        status=BulkStatus(job.status),
        total=job.total,
        done=job.done,
        skipped=job.skipped,
        failed=job.failed,
        remaining=job.total - job.done - job.skipped - job.failed,
        note=job.note,
        reason=job.parameters.get("reason"),
        fork=None if fork is None else models.BulkFork.model_validate(fork),
        filter=job.filter,
        per_minute=job.per_minute,
        started_by=job.created_by["name"],
        accepted_at=job.accepted_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        updated_at=job.updated_at,
    )


async def _require(session: AsyncSession, bulk_id: UUID, *, lock: bool = False) -> BulkJob:
    job = await repository.find_job(session, bulk_id, lock=lock)
    if job is None or job.status == BulkStatus.PREVIEW:
        raise not_found("bulk job", bulk_id)
    return job


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    [text] = decode_cursor(cursor, 1)
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise bad_cursor()
    return int(text)


def _item(item: BulkItem) -> models.BulkItem:
    return models.BulkItem(
        run_id=item.run_id,
        outcome=None if item.outcome is None else BulkOutcome(item.outcome),
        reason=item.reason,
        new_run_id=item.new_run_id,
        settled_at=item.settled_at,
    )
