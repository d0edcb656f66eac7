"""Makes Temporal's schedules from the rows: right after a commit, and by a sweep for whatever is left.

Every step may be repeated: creating one that is there changes it, deleting one that is gone is done, and a time that is
made up for twice still has one run.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import delete, func, or_, select, update
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleBackfill,
    ScheduleCalendarSpec,
    ScheduleHandle,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
)
from temporalio.service import RPCError, RPCStatusCode

from db.session import Database
from db.tables import Schedule as ScheduleRow
from db.tables import ScheduleBackfill as BackfillRow
from db.tables import ScheduleStart
from engine.starting import RPC_TIMEOUT, Waits, fair_share, is_of_this_row
from schemas.errors import PerdureError
from schemas.messages import RUNS_QUEUE
from schemas.schedules import SCHEDULED_START, CalendarTimes, Overlap, ScheduledStartOrder, ScheduleTimes

logger = logging.getLogger(__name__)

STALE: Final = timedelta(hours=12)
"""After it Temporal is told again, in case it was restored from a copy that knows less than we do."""
KEPT: Final = timedelta(days=90)
"""How long the history of starts is kept."""

_BATCH: Final = 50
_OVERLAPS: Final = {
    Overlap.SKIP: ScheduleOverlapPolicy.SKIP,
    Overlap.BUFFER_ONE: ScheduleOverlapPolicy.BUFFER_ONE,
    Overlap.BUFFER_ALL: ScheduleOverlapPolicy.BUFFER_ALL,
    Overlap.CANCEL_OTHER: ScheduleOverlapPolicy.CANCEL_OTHER,
    # Temporal would only end what waits for the run; asked to cancel, that ends the run itself.
    Overlap.TERMINATE_OTHER: ScheduleOverlapPolicy.CANCEL_OTHER,
    Overlap.ALLOW_ALL: ScheduleOverlapPolicy.ALLOW_ALL,
}


def temporal_id(schedule_id: UUID) -> str:
    """Id of Temporal's schedule."""
    return f"schedule-{schedule_id}"


class ScheduleKeeper:
    """Keeps Temporal's schedules as the rows say.

    Args:
        database: Where the rows are.
        client: Of Temporal.
    """

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    @property
    def waits(self) -> Waits:
        """What the sweep is about: rows that Temporal does not know as they are, and what is to be made up."""
        # The time of the transaction, because no index helps to compare with `clock_timestamp`.
        old = ScheduleRow.synced_at < func.now() - STALE
        stale = or_(ScheduleRow.synced_revision < ScheduleRow.revision, old)
        waiting = select(BackfillRow.workspace_id, BackfillRow.schedule_id).where(BackfillRow.sent_at.is_(None))
        return select(ScheduleRow.workspace_id, ScheduleRow.id).where(stale), waiting

    async def sweep(self) -> int:
        """Do what is left; how many rows."""
        query, waiting = self.waits
        query = query.order_by(ScheduleRow.updated_at)
        async with self._database.system() as session:
            found = {(row[0], row[1]) for row in await session.execute(query.limit(_BATCH))}
            found |= {(row[0], row[1]) for row in await session.execute(waiting.limit(_BATCH))}
        for workspace_id, schedule_id in found:
            try:
                await self.sync(workspace_id, schedule_id)
            except RPCError as error:
                logger.warning("schedule %s is left to the next sweep: %s", schedule_id, error)
        return len(found)

    async def sync(self, workspace_id: UUID, schedule_id: UUID) -> None:
        """Let Temporal's schedule be as the row says.

        Raises:
            RPCError, RuntimeError: Temporal does not answer; the sweep tries again.
        """
        async with self._database.tenant(workspace_id) as session:
            row = await session.scalar(select(ScheduleRow).where(ScheduleRow.id == schedule_id))
        if row is None:
            return
        handle = self._client.get_schedule_handle(temporal_id(schedule_id))
        if row.deleted_at is not None:
            await self._forget(row, handle)
            return
        try:
            await self._make(row, handle)
        except ValidationError:
            await self._note(row, "The stored times do not say when; save them anew.")
            return
        except (RPCError, PerdureError) as error:
            if not is_of_this_row(error):
                raise
            # Nothing would become better by trying again.
            await self._note(row, error.message if isinstance(error, RPCError) else str(error))
            return
        await self._note(row, None)
        await self._make_up(row, handle)

    async def _make(self, row: ScheduleRow, handle: ScheduleHandle) -> None:
        wanted = _schedule(row)
        try:
            await self._client.create_schedule(handle.id, wanted, rpc_timeout=RPC_TIMEOUT)
        except ScheduleAlreadyRunningError:
            await handle.update(lambda _: ScheduleUpdate(schedule=wanted), rpc_timeout=RPC_TIMEOUT)

    async def _note(self, row: ScheduleRow, error: str | None) -> None:
        """The revision that was read is done; a later one is still to do."""
        values = {"synced_revision": row.revision, "synced_at": func.clock_timestamp(), "sync_error": error}
        mine = update(ScheduleRow).where(ScheduleRow.id == row.id, ScheduleRow.synced_revision <= row.revision)
        async with self._database.tenant(row.workspace_id) as session:
            await session.execute(mine.values(**values))

    async def _forget(self, row: ScheduleRow, handle: ScheduleHandle) -> None:
        try:
            await handle.delete(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        async with self._database.system() as session:
            await session.execute(delete(ScheduleRow).where(ScheduleRow.id == row.id))

    async def _make_up(self, row: ScheduleRow, handle: ScheduleHandle) -> None:
        mine = select(BackfillRow).where(BackfillRow.schedule_id == row.id, BackfillRow.sent_at.is_(None))
        async with self._database.tenant(row.workspace_id) as session:
            waiting = list(await session.scalars(mine.order_by(BackfillRow.created_at)))
        for one in waiting:
            # Whatever the schedule does with times that overlap: who asks for past times wants all of them.
            every = ScheduleOverlapPolicy.BUFFER_ALL
            if row.overlap == Overlap.ALLOW_ALL:
                every = ScheduleOverlapPolicy.ALLOW_ALL
            past = ScheduleBackfill(
                # Temporal leaves the beginning out.
                start_at=one.starts_at - timedelta(seconds=1),
                end_at=one.ends_at,
                overlap=every,
            )
            await handle.backfill(past, rpc_timeout=RPC_TIMEOUT)
            done = update(BackfillRow).where(BackfillRow.id == one.id).values(sent_at=func.clock_timestamp())
            async with self._database.tenant(row.workspace_id) as session:
                await session.execute(done)


async def forget_starts(database: Database) -> int:
    """Delete old entries of the history of starts; how many."""
    old = delete(ScheduleStart).where(ScheduleStart.created_at < func.clock_timestamp() - KEPT)
    async with database.system() as session:
        return len((await session.scalars(old.returning(ScheduleStart.schedule_id))).all())


def _schedule(row: ScheduleRow) -> Schedule:
    times = ScheduleTimes.model_validate(row.times)
    order = ScheduledStartOrder(workspace_id=str(row.workspace_id), schedule_id=str(row.id))
    return Schedule(
        action=ScheduleActionStartWorkflow(
            SCHEDULED_START,
            order,
            id=temporal_id(row.id),
            task_queue=RUNS_QUEUE,
            priority=fair_share(str(row.workspace_id)),
        ),
        spec=_spec(times),
        policy=SchedulePolicy(
            overlap=_OVERLAPS[Overlap(row.overlap)], catchup_window=timedelta(seconds=row.catch_up_seconds)
        ),
        state=ScheduleState(paused=row.paused, note=(row.pause_reason or "")[:500]),
    )


def _spec(times: ScheduleTimes) -> ScheduleSpec:
    return ScheduleSpec(
        calendars=[_calendar(one) for one in times.all_calendars()],
        intervals=[
            ScheduleIntervalSpec(every=timedelta(seconds=one.every), offset=timedelta(seconds=one.offset))
            for one in times.intervals
        ],
        skip=[_calendar(one) for one in times.exceptions],
        start_at=times.starts_at,
        end_at=times.ends_at,
        jitter=timedelta(seconds=times.jitter) if times.jitter else None,
        time_zone_name=times.time_zone,
    )


def _calendar(calendar: CalendarTimes) -> ScheduleCalendarSpec:
    fields: dict[str, Any] = {name: _ranges(calendar, name) for name in CalendarTimes.model_fields}
    return ScheduleCalendarSpec(**fields)


def _ranges(calendar: CalendarTimes, name: str) -> Sequence[ScheduleRange]:
    if name == "year" and calendar.year == "*":
        return ()
    return [ScheduleRange(first, last, step) for first, last, step in calendar.ranges(name)]
