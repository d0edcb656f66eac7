"""Starts jobs of privacy when they are due, and keeps the daily round of retention on a Temporal schedule."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
)

from db.retention import STORES, Reach, Store, delete_old
from db.session import Database
from db.tables import PrivacyJob
from engine.starting import RPC_TIMEOUT, Waits, start_each, start_once
from schemas.messages import RUNS_QUEUE
from schemas.privacy import PRIVACY_JOB, RETENTION_ROUND, DataClass, JobKind, JobStatus, PrivacyOrder

QUIET: Final = timedelta(seconds=120)
"""A job that has not moved for so long may have lost its workflow."""

ROUND_ID: Final = "perdure-retention"
ROUND_HOUR: Final = 2
"""UTC; the hour after midnight in which most installations have least to do."""

_BATCH: Final = 20
_PAYLOADS_SOUGHT: Final = timedelta(days=400)
"""So long after an erasure a run may still go on that has begun before, and keeps what is older."""

_UNFINISHED: Final = (JobStatus.PENDING, JobStatus.RUNNING)


class PrivacyStarter:
    """Starts the workflows of jobs that are due.

    Args:
        database: Where the jobs are.
        client: Of Temporal.
    """

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    async def sweep(self) -> int:
        """Start what is due; how many jobs."""
        return await start_each(await self._due(), self._start, self._tried)

    async def _start(self, due: tuple[UUID, UUID]) -> None:
        workspace_id, job_id = due
        await start_once(
            self._client,
            PRIVACY_JOB,
            PrivacyOrder(workspace_id=str(workspace_id), job_id=str(job_id)),
            f"privacy-{job_id}",
        )

    async def _tried(self, due: tuple[UUID, UUID]) -> None:
        _, job_id = due
        now = func.clock_timestamp()
        started = update(PrivacyJob).where(PrivacyJob.id == job_id, PrivacyJob.status.in_(_UNFINISHED))
        async with self._database.system() as session:
            await session.execute(started.values(dispatched_at=now, updated_at=now))

    async def keep_round(self) -> int:
        """Let Temporal begin the retention of all workspaces once a day."""
        daily = Schedule(
            action=ScheduleActionStartWorkflow(RETENTION_ROUND, id="retention-round", task_queue=RUNS_QUEUE),
            spec=ScheduleSpec(
                calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(ROUND_HOUR)], minute=[ScheduleRange(17)])]
            ),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=timedelta(hours=12)),
        )
        try:
            await self._client.create_schedule(ROUND_ID, daily, rpc_timeout=RPC_TIMEOUT)
        except ScheduleAlreadyRunningError:
            return 0
        return 1

    @property
    def waits(self) -> Waits:
        """What the sweep is about."""
        now = func.clock_timestamp()
        lost = PrivacyJob.updated_at < now - QUIET
        query = select(PrivacyJob.workspace_id, PrivacyJob.id).where(
            PrivacyJob.status.in_(_UNFINISHED),
            PrivacyJob.due_at <= now,
            or_(PrivacyJob.dispatched_at.is_(None), lost),
        )
        return (query,)

    async def _due(self) -> Sequence[tuple[UUID, UUID]]:
        [query] = self.waits
        async with self._database.system() as session:
            rows = await session.execute(query.order_by(PrivacyJob.due_at).limit(_BATCH))
            return [(row.workspace_id, row.id) for row in rows]


async def forget_payloads_of_erased(database: Database) -> int:
    """Delete large payloads that erased runs may have left and that nothing can need any more; how many.

    Which run a payload belongs to, only Temporal knew. So all go that were last used before the erasure of a person
    ended, and that no run needs.
    """
    [blobs] = STORES[DataClass.BLOBS]
    ended = func.max(PrivacyJob.ended_at)
    query = select(PrivacyJob.workspace_id, ended).where(
        PrivacyJob.kind == JobKind.ERASE_PERSON,
        PrivacyJob.status == JobStatus.COMPLETED,
        PrivacyJob.ended_at > func.clock_timestamp() - _PAYLOADS_SOUGHT,
    )
    async with database.system() as session:
        rows = await session.execute(query.group_by(PrivacyJob.workspace_id))
        reaches = [Reach(row[0], row[1], 0) for row in rows if row[1] is not None]
    return sum([await _delete_all(database, blobs, reach) for reach in reaches])


async def _delete_all(database: Database, store: Store, reach: Reach) -> int:
    count, more = 0, True
    while more:
        async with database.system() as session:
            more = bool(number := await delete_old(session, store, reach))
        count += number
    return count
