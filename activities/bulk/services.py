"""The activity `bulk_page`: the next runs of a bulk job, each in a transaction of its own."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.bulk.operations import Order, carry_out, prepare
from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from db.faults import is_outage, translate, unavailable
from db.session import Database
from db.tables import BulkItem, BulkJob
from engine.run_creation import NewRun
from schemas.bulk import BulkInput, BulkOutcome, BulkProgress, BulkStatus
from schemas.errors import ErrorClass, ErrorCode, PerdureError

PAGE: Final = 50
"""Runs of one page."""

LONGEST_PAUSE: Final = 30.0
"""Seconds; a job shows itself at least so often, and what it waits for may be over sooner than was said."""

SLICE: Final = 5.0
"""Seconds for which a job that may handle only so many runs per minute handles them at once."""

PATIENT_ATTEMPTS: Final = 5
"""Tries of a page after which one run that does not answer keeps the others waiting no longer."""

_SKIPPED: Final = frozenset({ErrorClass.CONFLICT, ErrorClass.NOT_FOUND, ErrorClass.USER_CONFIG})
"""What says that the operation does not fit this run."""


class _StoppedError(Exception):
    """Somebody has stopped the job."""


class _PauseError(Exception):
    """Nothing can be done at the moment."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = min(max(seconds, 1.0), LONGEST_PAUSE)


class BulkServices:
    """Carries out bulk jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="bulk_page")
    async def bulk_page(self, job: BulkInput) -> BulkProgress:
        """Handle the next runs of a job, and tell whether any are left."""
        try:
            async with heartbeats():
                return await self._page(job)
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None

    async def _page(self, job: BulkInput) -> BulkProgress:
        workspace_id, bulk_id = UUID(job.workspace_id), UUID(job.bulk_id)
        begun = await self._begin(workspace_id, bulk_id)
        if begun is None:
            return BulkProgress(workspace_id=job.workspace_id, finished=True)
        order, per_minute = begun
        places = await self._next(workspace_id, bulk_id, _size(per_minute))
        try:
            for place, run_id in places:
                await self._settle(order, place, run_id)
        except _StoppedError:
            return BulkProgress(workspace_id=job.workspace_id, finished=False)
        except _PauseError as pause:
            await self._note(workspace_id, bulk_id, str(pause))
            return BulkProgress(workspace_id=job.workspace_id, finished=False, pause_seconds=pause.seconds)
        await self._note(workspace_id, bulk_id, None)
        seconds = 0.0 if per_minute is None else 60.0 * len(places) / per_minute
        return BulkProgress(workspace_id=job.workspace_id, finished=False, pause_seconds=min(seconds, LONGEST_PAUSE))

    async def _begin(self, workspace_id: UUID, bulk_id: UUID) -> tuple[Order, int | None] | None:
        """What is to be done; nothing if the job has ended, or ends here."""
        async with self._database.tenant(workspace_id) as session:
            job = await session.scalar(select(BulkJob).where(BulkJob.id == bulk_id).with_for_update())
            if job is None or BulkStatus(job.status).ended:
                return None
            stopping = job.status == BulkStatus.STOPPING
            if stopping or not await _is_open(session, bulk_id):
                job.status = BulkStatus.STOPPED if stopping else BulkStatus.COMPLETED
                job.ended_at, job.note = func.clock_timestamp(), None
                return None
            if job.status == BulkStatus.PENDING:
                job.status, job.started_at = BulkStatus.RUNNING, func.clock_timestamp()
            job.updated_at = func.clock_timestamp()
            return Order.of(job), job.per_minute

    async def _next(self, workspace_id: UUID, bulk_id: UUID, size: int) -> list[tuple[int, UUID]]:
        query = select(BulkItem.place, BulkItem.run_id).where(BulkItem.bulk_id == bulk_id, BulkItem.outcome.is_(None))
        async with self._database.tenant(workspace_id) as session:
            rows = await session.execute(query.order_by(BulkItem.place).limit(size))
            return [(row.place, row.run_id) for row in rows]

    async def _settle(self, order: Order, place: int, run_id: UUID) -> None:
        """Carry out the order on one run, unless that has happened."""
        problem, fork = None, None
        try:
            fork = await prepare(self._database, activity.client(), order, run_id)
        except PerdureError as error:
            problem = _judged(error)
        async with self._database.tenant(order.actor.workspace_id) as session:
            if not await _take(session, order.bulk_id, place):
                return
            new_run_id = None
            if problem is None:
                new_run_id, problem = await _try(session, order, run_id, fork)
            outcome = BulkOutcome.DONE if problem is None else problem[0]
            await _record(session, order.bulk_id, place, outcome, None if problem is None else problem[1], new_run_id)

    async def _note(self, workspace_id: UUID, bulk_id: UUID, text: str | None) -> None:
        job = update(BulkJob).where(BulkJob.id == bulk_id)
        async with self._database.tenant(workspace_id) as session:
            await session.execute(job.values(note=text, updated_at=func.clock_timestamp()))


async def _is_open(session: AsyncSession, bulk_id: UUID) -> bool:
    left = select(BulkItem.place).where(BulkItem.bulk_id == bulk_id, BulkItem.outcome.is_(None)).limit(1)
    return await session.scalar(left) is not None


async def _take(session: AsyncSession, bulk_id: UUID, place: int) -> bool:
    """Lock a run's item; false if somebody else has settled it.

    Raises:
        _StoppedError: the job was stopped.
    """
    if await session.scalar(select(BulkJob.status).where(BulkJob.id == bulk_id)) == BulkStatus.STOPPING:
        raise _StoppedError
    item = select(BulkItem.outcome).where(BulkItem.bulk_id == bulk_id, BulkItem.place == place)
    row = (await session.execute(item.with_for_update())).one_or_none()
    return row is not None and row.outcome is None


Problem = tuple[BulkOutcome, str]


async def _try(
    session: AsyncSession, order: Order, run_id: UUID, fork: NewRun | None
) -> tuple[UUID | None, Problem | None]:
    """Carry out the order within the transaction; what it refuses is taken back without the rest."""
    try:
        async with session.begin_nested():
            return await carry_out(session, order, run_id, fork), None
    except PerdureError as error:
        return None, _judged(error)
    except DBAPIError as error:
        known = translate(error)
        if known is None:
            raise
        return None, _judged(known)


def _judged(error: PerdureError) -> Problem:
    """What an error means for the run.

    Raises:
        _PauseError: it means nothing for it, only that it must wait.
    """
    if error.code is ErrorCode.QUOTA_EXCEEDED:
        raise _PauseError(error.info.message, error.retry_after or LONGEST_PAUSE)
    if error.code is ErrorCode.UNAVAILABLE and activity.info().attempt < PATIENT_ATTEMPTS:
        raise error  # the page is tried again
    outcome = BulkOutcome.SKIPPED if error.info.error_class in _SKIPPED else BulkOutcome.FAILED
    return outcome, error.info.message


async def _record(
    session: AsyncSession, bulk_id: UUID, place: int, outcome: BulkOutcome, reason: str | None, new_run_id: UUID | None
) -> None:
    now = func.clock_timestamp()
    item = update(BulkItem).where(BulkItem.bulk_id == bulk_id, BulkItem.place == place)
    await session.execute(
        item.values(
            outcome=outcome, reason=None if reason is None else reason[:2_000], new_run_id=new_run_id, settled_at=now
        )
    )
    count = {outcome.value: getattr(BulkJob, outcome.value) + 1}
    await session.execute(update(BulkJob).where(BulkJob.id == bulk_id).values(updated_at=now, **count))


def _size(per_minute: int | None) -> int:
    return PAGE if per_minute is None else max(1, min(PAGE, round(per_minute * SLICE / 60)))
