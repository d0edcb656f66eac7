"""Jobs of privacy: asked for, listed, cancelled; their archives."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.privacy import models
from api.requests import decode_moment_cursor, encode_cursor
from db import audit
from db.audit import Actor
from db.session import Database
from db.tables import DEFAULT_WORKSPACE_ID, ExportPart, PrivacyJob, Workspace
from schemas.errors import ErrorCode
from schemas.privacy import JobKind, JobStatus

_ASKED = {
    JobKind.RETENTION: "retention.asked",
    JobKind.EXPORT: "export.asked",
    JobKind.ERASE_PERSON: "person.erasure_asked",
    JobKind.ERASE_WORKSPACE: "workspace.erasure_asked",
}


async def ask(
    session: AsyncSession,
    actor: Actor,
    kind: JobKind,
    parameters: dict[str, Any] | None = None,
    *,
    due_at: datetime | None = None,
    shown: dict[str, Any] | None = None,
) -> models.PrivacyJob:
    """Write down a job; from the commit on it is certain to happen.

    Args:
        session: Of the workspace.
        actor: Who asks.
        kind: What is asked for.
        parameters: What the job works with.
        due_at: When it begins; at once by default.
        shown: What the audit log keeps of it; must name nobody who is to be forgotten.

    Raises:
        RequestError: `conflict` if such a job is under way.
    """
    values: dict[str, Any] = {} if due_at is None else {"due_at": due_at}
    row = insert(PrivacyJob).values(
        workspace_id=actor.workspace_id,
        kind=kind,
        parameters=parameters or {},
        created_by=actor.described(),
        **values,
    )
    made = (await session.scalars(row.on_conflict_do_nothing().returning(PrivacyJob))).one_or_none()
    if made is None:
        raise RequestError(ErrorCode.CONFLICT, "Such a job is under way already; wait for its end, or cancel it.")
    audit.record(session, actor, _ASKED[kind], ("privacy_job", made.id), after=shown or {})
    return described(made)


async def ask_workspace_erasure(session: AsyncSession, actor: Actor, body: models.EraseWorkspace) -> models.PrivacyJob:
    """Let the workspace be erased when the grace period is over.

    Raises:
        RequestError: `invalid_request` if the confirmation is not its slug; `forbidden` for the workspace that the
            operator's token belongs to; `conflict`.
    """
    if actor.workspace_id == DEFAULT_WORKSPACE_ID:
        message = "The workspace of the operator's token cannot be erased; use retention rules and erase persons."
        raise RequestError(ErrorCode.FORBIDDEN, message)
    workspace = await session.get_one(Workspace, actor.workspace_id)
    if body.confirm != workspace.slug:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"`confirm`: type the slug of the workspace, {workspace.slug!r}.")
    due = datetime.now(UTC) + timedelta(days=body.grace_days)
    shown = {"due_at": due.isoformat(), "reason": body.reason}
    return await ask(session, actor, JobKind.ERASE_WORKSPACE, {"reason": body.reason}, due_at=due, shown=shown)


async def list_jobs(
    session: AsyncSession, kind: JobKind | None, cursor: str | None, limit: int
) -> models.PrivacyJobPage:
    """A page of jobs."""
    query = select(PrivacyJob).order_by(PrivacyJob.created_at.desc(), PrivacyJob.id.desc()).limit(limit + 1)
    if kind is not None:
        query = query.where(PrivacyJob.kind == kind)
    if cursor is not None:
        query = query.where(tuple_(PrivacyJob.created_at, PrivacyJob.id) < decode_moment_cursor(cursor))
    rows = (await session.scalars(query)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    more = None if last is None else encode_cursor(last.created_at.isoformat(), str(last.id))
    return models.PrivacyJobPage(items=[described(row) for row in rows[:limit]], next_cursor=more)


async def find(session: AsyncSession, job_id: UUID) -> PrivacyJob:
    """The row of a job.

    Raises:
        RequestError: `not_found`.
    """
    job = await session.get(PrivacyJob, job_id)
    if job is None:
        raise not_found("privacy job", job_id)
    return job


async def cancel(session: AsyncSession, actor: Actor, job_id: UUID) -> models.PrivacyJob:
    """Let a job not happen that has not begun.

    Raises:
        RequestError: `not_found`; `conflict` if it has begun.
    """
    query = select(PrivacyJob).where(PrivacyJob.id == job_id).with_for_update()
    job = (await session.scalars(query)).one_or_none()
    if job is None:
        raise not_found("privacy job", job_id)
    if job.status == JobStatus.CANCELLED:
        return described(job)
    if job.status != JobStatus.PENDING:
        raise RequestError(ErrorCode.CONFLICT, f"The job is {job.status} and can no longer be cancelled.")
    job.status, job.ended_at = JobStatus.CANCELLED, func.clock_timestamp()
    # Whom an erasure was about is nothing to keep.
    job.parameters = {} if job.kind == JobKind.ERASE_PERSON else job.parameters
    await session.flush()
    await session.refresh(job)
    audit.record(session, actor, "privacy_job.cancelled", ("privacy_job", job_id), before={"kind": job.kind})
    return described(job)


async def archive(database: Database, workspace_id: UUID, job_id: UUID) -> AsyncIterator[bytes]:
    """The archive of an export, part by part.

    Raises:
        RequestError: `not_found`; `conflict` if it is not there yet; `data_erased` if its time is over.
    """
    async with database.tenant(workspace_id) as session:
        job = await find(session, job_id)
        if job.kind != JobKind.EXPORT:
            raise not_found("export", job_id)
        if job.status != JobStatus.COMPLETED:
            raise RequestError(ErrorCode.CONFLICT, f"The export is {job.status}; fetch it when it is completed.")
        if job.expires_at is not None and job.expires_at < datetime.now(UTC):
            raise RequestError(ErrorCode.DATA_ERASED, "The archive is no longer kept; ask for a new export.")
        parts = int(job.progress.get("parts", 0))
    return _parts(database, workspace_id, job_id, parts)


async def _parts(database: Database, workspace_id: UUID, job_id: UUID, count: int) -> AsyncIterator[bytes]:
    for number in range(count):
        part = select(ExportPart.data).where(ExportPart.job_id == job_id, ExportPart.number == number)
        async with database.tenant(workspace_id) as session:
            data = await session.scalar(part)
        if data is None:
            raise RequestError(ErrorCode.DATA_ERASED, "The archive is no longer kept; ask for a new export.")
        yield bytes(data)


def described(row: PrivacyJob) -> models.PrivacyJob:
    """A job as the API shows it; without the person whom it is about."""
    share = row.progress.get("share")
    return models.PrivacyJob(
        id=row.id,
        kind=JobKind(row.kind),
        status=JobStatus(row.status),
        counts=row.progress.get("counts", {}),
        done=row.done,
        progress=1.0 if row.status == JobStatus.COMPLETED else share,
        note=row.note,
        created_by=row.created_by["name"],
        created_at=row.created_at,
        due_at=row.due_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        expires_at=row.expires_at,
    )
