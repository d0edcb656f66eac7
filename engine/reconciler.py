"""Repairs what a workflow could not report: it was terminated, timed out or lost behind our back.

Two ways lead to it. Temporal lists what closed abnormally of late, so most cases are found within seconds; and a slow
round over all unfinished rows asks for each, so that none is missed for good.
"""

import logging
from collections import OrderedDict
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from db.outbox import enqueue
from db.session import Database
from db.tables import Run
from engine.client import workflow_id
from engine.closed_workflows import Ending, read_ending, read_parent
from engine.restored_runs import RestoredRuns
from engine.run_repair import end_run
from engine.starting import is_of_this_row
from engine.workflow_names import run_of_workflow
from schemas.errors import ErrorCode, ErrorInfo
from schemas.messages import GRAPH_RUN, UNFINISHED, ParentLink, RunStatus
from schemas.signals import ChildDone

logger = logging.getLogger(__name__)

QUIET = timedelta(seconds=10)
"""A row that changed within this time is left alone."""

LOOK_BACK = timedelta(minutes=10)
"""How far back the first look at closed workflows goes; later ones overlap by `_OVERLAP`."""

_OVERLAP: Final = timedelta(minutes=1)
_ROUND: Final = 10
"""Rows of the slow round per pass; each costs a call to Temporal."""
_LISTED: Final = 200
_ABNORMAL: Final = "ExecutionStatus IN ('Terminated', 'TimedOut', 'Failed', 'Canceled')"


@dataclass(frozen=True)
class _Row:
    """An unfinished run as the table has it."""

    workspace_id: UUID
    run_id: UUID
    attempt: int
    status: RunStatus

    @property
    def workflow_id(self) -> str:
        return workflow_id(str(self.run_id), self.attempt)


class Reconciler:
    """Compares unfinished rows with Temporal, a few at a time."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client
        self._since = datetime.now(UTC) - LOOK_BACK
        self._last: UUID | None = None
        self._told: OrderedDict[str, None] = OrderedDict()
        self._restored = RestoredRuns(database, client)

    async def run_once(self) -> int:
        """One pass; the number of repairs."""
        settled = await self._restored.settle_some()
        closed = await self._closed_of_late()
        rows = await self._rows([row for row in map(_run_of, closed) if row is not None])
        rows += await self._next_round()
        repaired = sum([await _of_one(self._check(row)) for row in dict.fromkeys(rows)])
        return settled + repaired + sum([await _of_one(self._release_parent(execution)) for execution in closed])

    # Finding

    async def _closed_of_late(self) -> list[WorkflowExecution]:
        began = datetime.now(UTC)
        query = f"WorkflowType = '{GRAPH_RUN}' AND {_ABNORMAL} AND CloseTime > '{self._since.isoformat()}'"
        found = [execution async for execution in self._client.list_workflows(query, limit=_LISTED)]
        self._since = began - _OVERLAP
        return found

    async def _rows(self, wanted: Iterable[tuple[UUID, int]]) -> list[_Row]:
        attempts = dict(wanted)
        query = select(Run.workspace_id, Run.id, Run.attempt, Run.status).where(
            Run.id.in_(sorted(attempts)), Run.status.in_(UNFINISHED), Run.restored_at.is_(None)
        )
        async with self._database.system() as session:
            found = [_Row(*row[:3], RunStatus(row.status)) for row in await session.execute(query)]
        return [row for row in found if attempts[row.run_id] == row.attempt]

    async def _next_round(self) -> list[_Row]:
        """The next unfinished rows by id, starting over at the end."""
        query = (
            select(Run.workspace_id, Run.id, Run.attempt, Run.status)
            .where(
                Run.status.in_(UNFINISHED),
                Run.restored_at.is_(None),
                or_(Run.dispatched_at.is_not(None), Run.status != RunStatus.PENDING),
                Run.updated_at < func.clock_timestamp() - QUIET,
            )
            .order_by(Run.id)
            .limit(_ROUND)
        )
        async with self._database.system() as session:
            rows = (await session.execute(query if self._last is None else query.where(Run.id > self._last))).all()
        self._last = rows[-1].id if len(rows) == _ROUND else None
        return [_Row(*row[:3], RunStatus(row.status)) for row in rows]

    # Repairing

    async def _check(self, row: _Row) -> bool:
        """Repair the row if its workflow is over or gone."""
        handle = self._client.get_workflow_handle(row.workflow_id)
        try:
            description = await handle.describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return await self._repair_lost(row)
        if description.status is WorkflowExecutionStatus.RUNNING:
            return False
        ending = await read_ending(self._client, description)
        return await self._end(row, ending, await read_parent(self._client, row.workflow_id))

    async def _repair_lost(self, row: _Row) -> bool:
        if row.status is not RunStatus.PENDING:
            message = "Temporal does not know the workflow of this run any more."
            ending = Ending(RunStatus.TERMINATED, ErrorInfo(code=ErrorCode.TERMINATED, message=message))
            return await self._end(row, ending, None)
        # Nothing of it has happened yet, so it can simply be started again.
        again = update(Run).where(
            Run.id == row.run_id,
            Run.attempt == row.attempt,
            Run.status == RunStatus.PENDING,
            or_(Run.parent_run_id.is_(None), Run.attempt > 1),  # a child is started by its parent
        )
        async with self._database.system() as session:
            await session.execute(again.values(dispatched_at=None))
        return True

    async def _end(self, row: _Row, ending: Ending, parent: ParentLink | None) -> bool:
        async with self._database.system() as session:
            ended = await end_run(session, row.workspace_id, row.run_id, row.attempt, ending.status, ending.error)
            if ended and parent is not None:
                await self._tell_parent(session, row.workspace_id, parent, ending)
        if ended:
            logger.warning("run %s was ended by the reconciler as %s", row.run_id, ending.status)
        return ended

    async def _release_parent(self, execution: WorkflowExecution) -> bool:
        """A chunk of a foreach has no row; whoever waits for it must hear that it will not answer."""
        found = run_of_workflow(execution.id)
        identity = f"{execution.id}/{execution.run_id}"
        if found is None or found[2] or identity in self._told:
            return False
        rows = await self._rows([found[:2]])
        # Only of runs that are still there: the keys of erased ones are gone, so nobody can read who waited.
        parent = await read_parent(self._client, execution.id) if rows else None
        if parent is not None:
            ending = await read_ending(self._client, execution)
            async with self._database.system() as session:
                await self._tell_parent(session, rows[0].workspace_id, parent, ending)
        self._remember(identity)
        return parent is not None

    async def _tell_parent(self, session: AsyncSession, workspace_id: UUID, parent: ParentLink, ending: Ending) -> None:
        done = ChildDone(
            workspace_id=str(workspace_id), child_key=parent.child_key, status=ending.status, error=ending.error
        )
        await enqueue(session, workspace_id, UUID(parent.run_id), parent.workflow_id, "child_done", done)

    def _remember(self, identity: str) -> None:
        self._told[identity] = None
        while len(self._told) > 10 * _LISTED:
            self._told.popitem(last=False)


async def _of_one(repair: Coroutine[Any, Any, bool]) -> bool:
    """Repair one; what cannot be read of it keeps no other waiting."""
    try:
        return await repair
    except Exception as error:
        if not is_of_this_row(error):
            raise
        logger.warning("a run is left as it is: %s: %s", type(error).__name__, error)
        return False


def _run_of(execution: WorkflowExecution) -> tuple[UUID, int] | None:
    """Run and attempt that a workflow executes, if it is not a chunk."""
    found = run_of_workflow(execution.id)
    return found[:2] if found is not None and found[2] else None
