"""Making, changing and showing schedules. The row is the promise; Temporal is told after the commit."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.requests import decode_cursor, decode_moment_cursor, encode_cursor, parse_moment
from api.schedules import models, repository
from api.services import Services
from db import audit
from db.audit import Actor
from db.tables import Schedule, ScheduleBackfill, ScheduleStart
from engine.schedule_keeper import ScheduleKeeper
from engine.schedule_times import next_times, times_between
from schemas.errors import ErrorCode
from schemas.schedules import ScheduleTimes
from schemas.trigger_mapping import check_mapping

MAX_SCHEDULES: Final = 1_000
"""In a workspace."""
MAX_BACKFILL: Final = 1_000
"""Times that one backfill makes up for."""
_SHOWN_TIMES: Final = 10


async def create(services: Services, actor: Actor, body: models.CreateSchedule) -> models.Schedule:
    """Make a schedule.

    Raises:
        RequestError: `not_found`, `conflict` if the workflow cannot be started, `expression_failed`.
    """
    check_mapping(body.input)
    version = await services.versions.get(actor.workspace_id, body.workflow, body.version)
    async with services.database.tenant(actor.workspace_id) as session:
        if await repository.count(session) >= MAX_SCHEDULES:
            raise RequestError(ErrorCode.CONFLICT, f"A workspace has at most {MAX_SCHEDULES:,} schedules.")
        row = Schedule(
            id=uuid4(),
            workspace_id=actor.workspace_id,
            workflow_id=version.workflow_id,
            paused=body.paused,
            pause_reason=body.reason if body.paused else None,
            created_by=actor.name,
            updated_by=actor.name,
            **_columns(body),
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
        made = describe(row, body.workflow)
        audit.record(session, actor, "schedule.created", ("schedule", row.id), after=_audited(made))
    _sync_soon(services, actor.workspace_id, row.id)
    return made


async def update(services: Services, actor: Actor, schedule_id: UUID, body: models.ScheduleContent) -> models.Schedule:
    """Let a schedule say something else; whether it is paused stays.

    Raises:
        RequestError: `not_found`, `conflict` if there is no such version, `expression_failed`.
    """
    check_mapping(body.input)
    async with services.database.tenant(actor.workspace_id) as session:
        row, slug = await _locked(session, schedule_id)
        await services.versions.get(actor.workspace_id, slug, body.version)
        before = describe(row, slug)
        for name, value in _columns(body).items():
            setattr(row, name, value)
        after = await _changed(session, actor, row, slug)
        subject = ("schedule", schedule_id)
        audit.record(session, actor, "schedule.updated", subject, before=_audited(before), after=_audited(after))
    _sync_soon(services, actor.workspace_id, schedule_id)
    return after


async def set_paused(
    services: Services, actor: Actor, schedule_id: UUID, *, paused: bool, reason: str | None = None
) -> models.Schedule:
    """Let a schedule rest, or go on; times that pass meanwhile are not made up for.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(actor.workspace_id) as session:
        row, slug = await _locked(session, schedule_id)
        row.paused, row.pause_reason = paused, reason
        after = await _changed(session, actor, row, slug)
        action = "schedule.paused" if paused else "schedule.resumed"
        audit.record(session, actor, action, ("schedule", schedule_id), after={"name": row.name, "reason": reason})
    _sync_soon(services, actor.workspace_id, schedule_id)
    return after


async def delete(services: Services, actor: Actor, schedule_id: UUID) -> None:
    """Delete a schedule with its history; its runs stay.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(actor.workspace_id) as session:
        row, slug = await _locked(session, schedule_id)
        before = _audited(describe(row, slug))
        row.deleted_at = func.clock_timestamp()
        await _changed(session, actor, row, slug)
        audit.record(session, actor, "schedule.deleted", ("schedule", schedule_id), before=before)
    _sync_soon(services, actor.workspace_id, schedule_id)


async def backfill(
    services: Services, actor: Actor, schedule_id: UUID, body: models.Backfill
) -> models.ScheduleBackfill:
    """Make up for past times; a time that has its run already gets no other.

    Raises:
        RequestError: `not_found`, `invalid_request` if they are not past, too many, or none.
    """
    async with services.database.tenant(actor.workspace_id) as session:
        row, _ = await _locked(session, schedule_id)
        count = _past_times(row, body)
        wanted = ScheduleBackfill(
            id=uuid4(),
            workspace_id=actor.workspace_id,
            schedule_id=schedule_id,
            starts_at=body.starts_at,
            ends_at=body.ends_at,
            requested_by=actor.name,
        )
        session.add(wanted)
        await session.flush()
        await session.refresh(wanted)
        after = {"starts_at": body.starts_at.isoformat(), "ends_at": body.ends_at.isoformat(), "times": count}
        audit.record(session, actor, "schedule.backfilled", ("schedule", schedule_id), after=after)
    _sync_soon(services, actor.workspace_id, schedule_id)
    return models.ScheduleBackfill(
        id=wanted.id,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        times=count,
        requested_by=wanted.requested_by,
        created_at=wanted.created_at,
    )


async def get(session: AsyncSession, schedule_id: UUID) -> models.Schedule:
    """A schedule.

    Raises:
        RequestError: `not_found`.
    """
    return describe(*await _found(session, schedule_id))


async def list_all(
    session: AsyncSession, *, workflow: str | None, cursor: str | None, limit: int
) -> models.SchedulePage:
    """A page of schedules."""
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_all(session, workflow=workflow, before=before, limit=limit + 1)
    items = [describe(row, slug) for row, slug in rows[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.SchedulePage(items=items, next_cursor=more)


async def list_starts(
    session: AsyncSession, schedule_id: UUID, *, cursor: str | None, limit: int
) -> models.ScheduleStartPage:
    """A page of what a schedule has started.

    Raises:
        RequestError: `not_found`.
    """
    await _found(session, schedule_id)
    before = None if cursor is None else parse_moment(decode_cursor(cursor, 1)[0])
    rows = await repository.list_starts(session, schedule_id, before, limit + 1)
    items = [describe_start(row, run_status) for row, run_status in rows[:limit]]
    more = encode_cursor(items[-1].scheduled_at.isoformat()) if len(rows) > limit else None
    return models.ScheduleStartPage(items=items, next_cursor=more)


def preview(body: models.PreviewTimes) -> models.TimeList:
    """The times that a schedule would have."""
    first = body.starts_at or datetime.now(UTC)
    if body.ends_at is None:
        return models.TimeList(items=next_times(body.times, first, body.limit))
    return models.TimeList(items=times_between(body.times, first, body.ends_at, body.limit))


def describe(row: Schedule, slug: str) -> models.Schedule:
    """The row as the API shows it."""
    times = ScheduleTimes.model_validate(row.times)
    waiting = row.synced_revision < row.revision
    return models.Schedule(
        id=row.id,
        workflow=slug,
        name=row.name,
        version=row.version,
        input=row.input,
        times=times,
        overlap=row.overlap,
        catch_up=row.catch_up_seconds,
        paused=row.paused,
        pause_reason=row.pause_reason,
        state="waiting" if waiting else "refused" if row.sync_error else "active",
        problem=row.sync_error,
        next_times=[] if row.paused else next_times(times, datetime.now(UTC), _SHOWN_TIMES),
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def describe_start(row: ScheduleStart, run_status: str | None) -> models.ScheduleStart:
    """A start as the API shows it."""
    return models.ScheduleStart.model_validate(
        {
            "scheduled_at": row.scheduled_at,
            "status": row.status,
            "run_id": row.run_id,
            "run_status": run_status,
            "error": row.error,
            "created_at": row.created_at,
        }
    )


async def _found(session: AsyncSession, schedule_id: UUID, *, lock: bool = False) -> tuple[Schedule, str]:
    found = await repository.find(session, schedule_id, lock=lock)
    if found is None:
        raise not_found("schedule", schedule_id)
    return found


async def _locked(session: AsyncSession, schedule_id: UUID) -> tuple[Schedule, str]:
    return await _found(session, schedule_id, lock=True)


async def _changed(session: AsyncSession, actor: Actor, row: Schedule, slug: str) -> models.Schedule:
    row.revision += 1
    row.updated_at, row.updated_by = func.clock_timestamp(), actor.name
    await session.flush()
    await session.refresh(row)
    return describe(row, slug)


def _past_times(row: Schedule, body: models.Backfill) -> int:
    if body.ends_at > datetime.now(UTC) + timedelta(seconds=1):
        raise RequestError(ErrorCode.INVALID_REQUEST, "`ends_at` must be past; later times come by themselves.")
    times = ScheduleTimes.model_validate(row.times)
    count = len(times_between(times, body.starts_at, body.ends_at, MAX_BACKFILL + 1))
    if count > MAX_BACKFILL:
        message = f"There are more than {MAX_BACKFILL:,} times in between; make up for them in smaller parts."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    if count == 0:
        raise RequestError(ErrorCode.INVALID_REQUEST, "The schedule has no time between `starts_at` and `ends_at`.")
    return count


def _columns(body: models.ScheduleContent) -> dict[str, Any]:
    return {
        "name": body.name,
        "version": body.version,
        "input": body.input,
        "times": body.times.model_dump(mode="json"),
        "overlap": body.overlap.value,
        "catch_up_seconds": int(body.catch_up),
    }


def _audited(schedule: models.Schedule) -> dict[str, Any]:
    shown = {"name", "workflow", "version", "times", "overlap", "catch_up", "paused", "pause_reason"}
    return schedule.model_dump(mode="json", include=shown)


def _sync_soon(services: Services, workspace_id: UUID, schedule_id: UUID) -> None:
    keeper = ScheduleKeeper(services.database, services.temporal)
    services.dispatcher.do_soon(lambda: keeper.sync(workspace_id, schedule_id))
