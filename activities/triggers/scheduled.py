"""The activities of `scheduled_start`: insert the run of a time once; cancel it when the next takes its place."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.failures import to_application_error
from db.audit import Actor
from db.faults import is_outage, unavailable
from db.session import Database
from db.tables import Schedule, ScheduleStart
from engine.steering import control_run, terminate_run
from engine.triggered_runs import Target, TriggeredRun, run_key, start_triggered
from schemas.errors import ErrorClass, ErrorCode, ErrorInfo, PerdureError
from schemas.schedules import Overlap, RunEnded, ScheduledRun, StartScheduledRun
from schemas.trigger_mapping import fill

MAX_ATTEMPTS: Final = 30
"""Attempts, a minute apart at most, after which a start that a quota refuses is given up."""

_PASSING: Final = (ErrorClass.QUOTA, ErrorClass.RATE_LIMITED, ErrorClass.UNAVAILABLE, ErrorClass.TRANSIENT)


class ScheduleServices:
    """What starts of schedules do in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="start_scheduled_run")
    async def start_scheduled_run(self, order: StartScheduledRun) -> ScheduledRun:
        """Insert the run of one time, or find the one that is there; a lasting refusal is written down."""
        try:
            async with self._database.tenant(order.workspace_id) as session:
                return await _start(session, order)
        except PerdureError as error:
            if error.info.error_class in _PASSING and activity.info().attempt < MAX_ATTEMPTS:
                raise _again(error) from None
            return await self._note_refusal(order, error)
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None

    @activity.defn(name="cancel_scheduled_run")
    async def cancel_scheduled_run(self, order: RunEnded) -> None:
        """Cancel a run, or terminate it if its schedule says so, unless it has ended."""
        try:
            async with self._database.tenant(order.workspace_id) as session:
                await _make_way(session, UUID(order.workspace_id), UUID(order.run_id))
        except PerdureError as error:
            if error.code not in (ErrorCode.CONFLICT, ErrorCode.NOT_FOUND):
                raise to_application_error(error) from None
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None

    async def _note_refusal(self, order: StartScheduledRun, error: PerdureError) -> ScheduledRun:
        async with self._database.tenant(order.workspace_id) as session:
            schedule = await _find(session, order)
            if schedule is not None:
                session.add(_row(schedule, order, "failed", error=error.info))
        return ScheduledRun(workspace_id=order.workspace_id)


async def _start(session: AsyncSession, order: StartScheduledRun) -> ScheduledRun:
    schedule = await _find(session, order)
    if schedule is None:
        return ScheduledRun(workspace_id=order.workspace_id)
    at = datetime.fromisoformat(order.scheduled_at)
    before = await session.scalar(
        select(ScheduleStart).where(ScheduleStart.schedule_id == schedule.id, ScheduleStart.scheduled_at == at)
    )
    if before is not None:
        # Another start of the same time, such as a backfill's: only the first one hears when the run ends.
        mine = before.waiter == order.waiter
        return _answer(order, before.run_id, waits=mine and before.run_id is not None)
    known = {"schedule": {"id": str(schedule.id), "name": schedule.name, "at": order.scheduled_at}}
    run_id = await start_triggered(
        session,
        TriggeredRun(
            actor=Actor(schedule.workspace_id, "system", None, f"Schedule {schedule.name}"),
            target=Target(schedule.workflow_id, schedule.version),
            input=fill(schedule.input, known),
            key=run_key("schedule", schedule.id, order.scheduled_at),
            trigger="schedule",
        ),
    )
    row = _row(schedule, order, "started", run_id=run_id)
    session.add(row)
    return _answer(order, run_id, waits=row.waiter is not None)


async def _make_way(session: AsyncSession, workspace_id: UUID, run_id: UUID) -> None:
    """End a run because its schedule begins the next one.

    Raises:
        PerdureError: `not_found`, or `conflict` if the run has ended.
    """
    actor, reason = Actor(workspace_id, "system", None, "Schedule"), "Its schedule has begun the next run."
    query = select(Schedule.overlap).join(ScheduleStart, ScheduleStart.schedule_id == Schedule.id)
    if await session.scalar(query.where(ScheduleStart.run_id == run_id).limit(1)) == Overlap.TERMINATE_OTHER:
        await terminate_run(session, actor, run_id, reason)
    else:
        await control_run(session, actor, run_id, "cancel", reason)


async def _find(session: AsyncSession, order: StartScheduledRun) -> Schedule | None:
    query = select(Schedule).where(Schedule.id == UUID(order.schedule_id), Schedule.deleted_at.is_(None))
    found: Schedule | None = await session.scalar(query.with_for_update(read=True))
    return found


def _row(
    schedule: Schedule,
    order: StartScheduledRun,
    status: str,
    *,
    run_id: UUID | None = None,
    error: ErrorInfo | None = None,
) -> ScheduleStart:
    waits = run_id is not None and schedule.overlap != Overlap.ALLOW_ALL
    return ScheduleStart(
        workspace_id=schedule.workspace_id,
        schedule_id=schedule.id,
        scheduled_at=datetime.fromisoformat(order.scheduled_at),
        status=status,
        run_id=run_id,
        error=None if error is None else error.model_dump(mode="json"),
        waiter=order.waiter if waits else None,
    )


def _answer(order: StartScheduledRun, run_id: UUID | None, *, waits: bool) -> ScheduledRun:
    return ScheduledRun(workspace_id=order.workspace_id, run_id=None if run_id is None else str(run_id), waits=waits)


def _again(error: PerdureError) -> Exception:
    """The same error, after which the start is tried again."""
    wait = min(max(error.retry_after or 5.0, 1.0), 60.0)
    return to_application_error(PerdureError(ErrorCode.UNAVAILABLE, error.info.message, retry_after=wait))
