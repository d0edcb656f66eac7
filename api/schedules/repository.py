"""Queries on schedules."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Run, Schedule, ScheduleStart, Workflow


async def find(session: AsyncSession, schedule_id: UUID, *, lock: bool = False) -> tuple[Schedule, str] | None:
    """A schedule that was not deleted, with the slug of its workflow."""
    query = (
        select(Schedule, Workflow.slug)
        .join(Workflow, Workflow.id == Schedule.workflow_id)
        .where(Schedule.id == schedule_id, Schedule.deleted_at.is_(None))
    )
    row = (await session.execute(query.with_for_update(of=Schedule) if lock else query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def count(session: AsyncSession) -> int:
    """How many schedules the workspace has."""
    return await session.scalar(select(func.count()).where(Schedule.deleted_at.is_(None))) or 0


async def list_all(
    session: AsyncSession, *, workflow: str | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[tuple[Schedule, str]]:
    """Schedules, the newest first."""
    query = (
        select(Schedule, Workflow.slug)
        .join(Workflow, Workflow.id == Schedule.workflow_id)
        .where(Schedule.deleted_at.is_(None))
    )
    if workflow is not None:
        query = query.where(Workflow.slug == workflow)
    if before is not None:
        query = query.where(tuple_(Schedule.created_at, Schedule.id) < before)
    newest = query.order_by(Schedule.created_at.desc(), Schedule.id.desc()).limit(limit)
    return [(row[0], row[1]) for row in await session.execute(newest)]


async def list_starts(
    session: AsyncSession, schedule_id: UUID, before: datetime | None, limit: int
) -> list[tuple[ScheduleStart, str | None]]:
    """Starts of a schedule with the status of their runs, the latest time first."""
    query = (
        select(ScheduleStart, Run.status)
        .outerjoin(Run, Run.id == ScheduleStart.run_id)
        .where(ScheduleStart.schedule_id == schedule_id)
    )
    if before is not None:
        query = query.where(ScheduleStart.scheduled_at < before)
    rows = await session.execute(query.order_by(ScheduleStart.scheduled_at.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


async def starts_between(
    session: AsyncSession, schedules: list[UUID], first: datetime, last: datetime, limit: int
) -> list[tuple[ScheduleStart, str | None]]:
    """The latest starts of each schedule in a span of time, so many of each at most."""
    newest = func.row_number().over(partition_by=ScheduleStart.schedule_id, order_by=ScheduleStart.scheduled_at.desc())
    ranked = (
        select(ScheduleStart.schedule_id, ScheduleStart.scheduled_at, newest.label("rank"))
        .where(ScheduleStart.schedule_id.in_(schedules), ScheduleStart.scheduled_at.between(first, last))
        .subquery()
    )
    same = (ScheduleStart.schedule_id == ranked.c.schedule_id) & (ScheduleStart.scheduled_at == ranked.c.scheduled_at)
    query = (
        select(ScheduleStart, Run.status)
        .join(ranked, same)
        .outerjoin(Run, Run.id == ScheduleStart.run_id)
        .where(ranked.c.rank <= limit)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def start_of(session: AsyncSession, schedule_id: UUID, run_id: UUID) -> tuple[ScheduleStart, str | None] | None:
    """The start that has begun a run, with the status of the run."""
    query = (
        select(ScheduleStart, Run.status)
        .outerjoin(Run, Run.id == ScheduleStart.run_id)
        .where(ScheduleStart.schedule_id == schedule_id, ScheduleStart.run_id == run_id)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])
