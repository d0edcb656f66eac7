"""Starts bulk jobs: right after the commit, and by a sweep for what is left; and forgets previews.

The row is the promise. A job whose workflow was lost in Temporal is simply started again: what it has done to a run
stands beside that run's row, so nothing is done twice.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from db.session import Database
from db.tables import BulkJob
from engine.starting import RPC_TIMEOUT, Waits, start_each, start_once
from schemas.bulk import BULK_JOB, BulkInput, BulkStatus

SWEEP_AGE: Final = timedelta(seconds=2)
"""Age at which an accepted job is the sweep's business."""

QUIET: Final = timedelta(seconds=60)
"""A job that has not moved for so long may have lost its workflow."""

PREVIEWS_KEPT: Final = timedelta(hours=1)
JOBS_KEPT: Final = timedelta(days=90)

_BATCH: Final = 50
_UNFINISHED: Final = (BulkStatus.PENDING, BulkStatus.RUNNING, BulkStatus.STOPPING)


def bulk_workflow_id(bulk_id: UUID) -> str:
    """Id of the Temporal workflow that carries out a job."""
    return f"bulk-{bulk_id}"


class BulkStarter:
    """Starts the workflows of accepted bulk jobs."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    async def start(self, workspace_id: UUID, bulk_id: UUID) -> None:
        """Start the workflow of a job, or find that it runs.

        Raises:
            RPCError, RuntimeError: if Temporal does not answer; the row stays as it is.
        """
        await self._start((workspace_id, bulk_id))
        await self._tried((workspace_id, bulk_id))

    async def _start(self, due: tuple[UUID, UUID]) -> None:
        workspace_id, bulk_id = due
        await start_once(
            self._client,
            BULK_JOB,
            BulkInput(workspace_id=str(workspace_id), bulk_id=str(bulk_id)),
            bulk_workflow_id(bulk_id),
        )

    async def _tried(self, due: tuple[UUID, UUID]) -> None:
        workspace_id, bulk_id = due
        now = func.clock_timestamp()
        started = update(BulkJob).where(BulkJob.id == bulk_id, BulkJob.status.in_(_UNFINISHED))
        async with self._database.tenant(workspace_id) as session:
            await session.execute(started.values(dispatched_at=now, updated_at=now))

    async def wake(self, bulk_id: UUID) -> None:
        """Let a job that pauses look at its row now. Its row is what counts; this only saves the pause."""
        try:
            handle = self._client.get_workflow_handle(bulk_workflow_id(bulk_id))
            await handle.signal("look", rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise

    async def sweep(self) -> int:
        """Start what is left; how many jobs."""
        return await start_each(await self._left(), self._start, self._tried)

    @property
    def waits(self) -> Waits:
        """What the sweep is about."""
        now = func.clock_timestamp()
        never = BulkJob.dispatched_at.is_(None) & (BulkJob.updated_at < now - SWEEP_AGE)
        lost = or_(never, BulkJob.updated_at < now - QUIET)
        return (select(BulkJob.workspace_id, BulkJob.id).where(BulkJob.status.in_(_UNFINISHED), lost),)

    async def _left(self) -> Sequence[tuple[UUID, UUID]]:
        [query] = self.waits
        async with self._database.system() as session:
            rows = await session.execute(query.order_by(BulkJob.updated_at).limit(_BATCH))
            return [(row.workspace_id, row.id) for row in rows]


async def forget_bulk_jobs(database: Database) -> int:
    """Delete previews that nobody has started, and jobs that ended long ago; how many."""
    now = func.clock_timestamp()
    old = delete(BulkJob).where(
        or_(
            (BulkJob.status == BulkStatus.PREVIEW) & (BulkJob.created_at < now - PREVIEWS_KEPT),
            BulkJob.ended_at < now - JOBS_KEPT,
        )
    )
    async with database.system() as session:
        return len((await session.scalars(old.returning(BulkJob.id))).all())
