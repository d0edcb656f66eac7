"""Compares runs that came back from a backup with Temporal, whose data may be older or newer than they are.

Older: a run that Temporal does not know is started again under the same attempt. Newer: a run whose history goes on
after the backup is reset to where the run log ends, and a workflow without a row is ended. In both cases finished steps
give their recorded results, and others run again under the same idempotency keys.

Chunks and members of crews are workflows without a row, which write into the log of their run. Those that were begun
before the backup are reset like their run, or it would wait in vain for the end of one that has ended since; those that
were begun after it are ended, and their run begins them again.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import case, func, or_, select, update
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryReverseRequest,
    ResetWorkflowExecutionRequest,
)
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from db.session import Database
from db.tables import Run
from engine.client import workflow_id
from engine.workflow_names import run_of_workflow
from schemas.messages import GRAPH_RUN, UNFINISHED, RunStatus

logger = logging.getLogger(__name__)

RPC_TIMEOUT: Final = timedelta(seconds=10)
_BATCH: Final = 200
_PAGE: Final = 200
_WHY: Final = "The installation was restored from a backup that is older than this."


@dataclass(frozen=True)
class _Row:
    """A run as the backup had it."""

    run_id: UUID
    attempt: int
    backed_up_at: datetime
    restored_at: datetime


@dataclass(frozen=True)
class _ResetPoint:
    """Where a history is cut off."""

    execution: WorkflowExecution
    event_id: int
    is_begin: bool = False
    """Whether it was begun after the backup."""


@dataclass(frozen=True)
class _Part:
    """A chunk or a member of a crew whose history went on after the backup."""

    name: str
    is_running: bool
    point: _ResetPoint


class RestoredRuns:
    """What the reconciler does once after a restore."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    async def settle_some(self) -> int:
        """Compare the next of them; how many were repaired."""
        rows = await self._next()
        if not rows:
            return 0
        orphans = await self._end_orphans(rows)
        return orphans + sum([await self._settle(row) for row in rows])

    async def _next(self) -> Sequence[_Row]:
        query = select(Run.id, Run.attempt, Run.backed_up_at, Run.restored_at).where(
            Run.restored_at.is_not(None), Run.status.in_(UNFINISHED)
        )
        async with self._database.system() as session:
            found = (await session.execute(query.order_by(Run.id).limit(_BATCH))).all()
        return [
            _Row(run_id, attempt, backed_up_at, restored_at)
            for run_id, attempt, backed_up_at, restored_at in found
            if backed_up_at is not None and restored_at is not None
        ]

    async def _settle(self, row: _Row) -> bool:
        name = workflow_id(str(row.run_id), row.attempt)
        try:
            point = await self._reset_point(name, row)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            await self._note(row, lost=True)
            return True
        parts = await self._parts(name, row)
        for part in parts:
            if part.point.is_begin and part.is_running:
                await self._end(part.name)
        # The one that waits before those that it waits for: what they tell would be cut off with the rest.
        if point is not None:
            await self._reset(name, point)
        for part in parts:
            if not part.point.is_begin:
                await self._reset(part.name, part.point)
        await self._note(row, lost=False)
        return point is not None or bool(parts)

    async def _note(self, row: _Row, *, lost: bool) -> None:
        """The row was compared; a lost run waits for its start again."""
        compared = update(Run).where(Run.id == row.run_id, Run.attempt == row.attempt)
        values: dict[str, object] = {"backed_up_at": None, "restored_at": None}
        if lost:
            logger.warning("run %s came back from a backup and is unknown to Temporal; it starts again", row.run_id)
            compared = compared.where(Run.status.in_(UNFINISHED))
            # A child is started by its parent.
            own = or_(Run.parent_run_id.is_(None), Run.attempt > 1)
            values |= {"status": RunStatus.PENDING, "dispatched_at": case((own, None), else_=func.clock_timestamp())}
        async with self._database.system() as session:
            await session.execute(compared.values(**values))

    # Temporal knows more than the run log

    async def _parts(self, name: str, row: _Row) -> list[_Part]:
        """Newer parts of a run, the outer ones first."""
        # Deeper ones have longer ids that begin with those of what they are in.
        query = (
            f"WorkflowType = '{GRAPH_RUN}' AND WorkflowId STARTS_WITH '{name}/' "
            f"AND (ExecutionStatus = 'Running' OR CloseTime > '{row.backed_up_at.isoformat()}')"
        )
        running: dict[str, bool] = {}
        async for execution in self._client.list_workflows(query):
            is_running = execution.status is WorkflowExecutionStatus.RUNNING
            running[execution.id] = running.get(execution.id, False) or is_running
        points = {part: await self._reset_point(part, row) for part in sorted(running, key=len)}
        return [_Part(part, running[part], point) for part, point in points.items() if point is not None]

    async def _reset_point(self, name: str, row: _Row) -> _ResetPoint | None:
        """The end of what both know, if the history went on after the backup was taken.

        Raises:
            RPCError: `NOT_FOUND` if Temporal does not know the workflow.
        """
        execution = WorkflowExecution(workflow_id=name)
        newer, earliest, moment = False, None, row.restored_at
        while True:
            before = ""
            async for event in self._backwards(execution):
                before = event.workflow_execution_started_event_attributes.continued_execution_run_id
                moment = event.event_time.ToDatetime(UTC)
                if moment >= row.restored_at:
                    continue  # it has gone on since
                newer = newer or moment > row.backed_up_at
                if not newer:
                    return None
                if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                    earliest = _ResetPoint(execution, event.event_id)
                    if moment <= row.backed_up_at:
                        return earliest
            if not before:
                return None if earliest is None else replace(earliest, is_begin=moment > row.backed_up_at)
            execution = WorkflowExecution(workflow_id=execution.workflow_id, run_id=before)

    async def _backwards(self, execution: WorkflowExecution) -> AsyncIterator[HistoryEvent]:
        token = b""
        while True:
            request = GetWorkflowExecutionHistoryReverseRequest(
                namespace=self._client.namespace,
                execution=execution,
                maximum_page_size=_PAGE,
                next_page_token=token,
            )
            answer = await self._client.workflow_service.get_workflow_execution_history_reverse(
                request, timeout=RPC_TIMEOUT
            )
            for event in answer.history.events:
                yield event
            token = answer.next_page_token
            if not token:
                return

    async def _reset(self, name: str, point: _ResetPoint) -> None:
        logger.warning("workflow %s is reset to event %d, where its backup ends", name, point.event_id)
        request = ResetWorkflowExecutionRequest(
            namespace=self._client.namespace,
            workflow_execution=point.execution,
            reason=_WHY,
            workflow_task_finish_event_id=point.event_id,
            request_id=str(uuid4()),
            # The outbox sends again what the run log knows of; the rest has not happened as far as it is concerned.
            reset_reapply_type=ResetReapplyType.RESET_REAPPLY_TYPE_NONE,
        )
        await self._client.workflow_service.reset_workflow_execution(request, timeout=RPC_TIMEOUT)

    async def _end_orphans(self, rows: Sequence[_Row]) -> int:
        """End workflows that were started after the backup: nobody knows of their runs any more."""
        since, until = min(row.backed_up_at for row in rows), max(row.restored_at for row in rows)
        query = (
            f"WorkflowType = '{GRAPH_RUN}' AND ExecutionStatus = 'Running' "
            f"AND StartTime > '{since.isoformat()}' AND StartTime < '{until.isoformat()}'"
        )
        found = {execution.id async for execution in self._client.list_workflows(query, limit=_BATCH)}
        runs = {name: run[0] for name in found if (run := run_of_workflow(name)) is not None}
        known = select(Run.id).where(Run.id.in_(set(runs.values())))
        async with self._database.system() as session:
            kept = set(await session.scalars(known))
        orphans = [name for name, run_id in runs.items() if run_id not in kept]
        for name in orphans:
            await self._end(name)
        return len(orphans)

    async def _end(self, name: str) -> None:
        logger.warning("workflow %s is ended: the backup is older than it", name)
        try:
            await self._client.get_workflow_handle(name).terminate(_WHY, rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it has ended by itself
                raise
