"""Starts the workflows of pending runs and delivers signals: right after the commit, and by a sweep for what is left.

The row is the promise. Starting twice is harmless: the workflow id is fixed by run and attempt, a second start of a
running workflow finds it, and one of a closed workflow is refused.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Update, func, or_, select, update
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from db.outbox import due_signals
from db.session import Database
from db.tables import Run
from engine.background import Background
from engine.client import workflow_id
from engine.courier import Courier
from engine.run_orders import RunOrder, load_order
from engine.run_repair import end_run
from engine.starting import REFUSED, RPC_TIMEOUT, Waits, fair_share
from engine.telemetry import continuing
from schemas.errors import ErrorCode, ErrorInfo
from schemas.messages import GRAPH_RUN, RUNS_QUEUE, RunStatus

logger = logging.getLogger(__name__)

TASK_TIMEOUT, PATIENT_TASK_TIMEOUT = timedelta(seconds=2.5), timedelta(seconds=10)
"""How long a worker may take over one workflow task. A dead worker is noticed after it, so it is short; it is long
where a living worker may need the time: for large plans, and in a rush, when tasks wait for a processor. Tasks that
time out only because all are slow would be done again and again, and the rush would never end."""

SWEEP_AGE = timedelta(seconds=2)
"""Age at which a pending run is the sweep's business."""
LONG_AGE = timedelta(seconds=15)
"""The same of one that was touched since: whoever asks it to end again and again must not keep it from starting."""

_BATCH = 200
_CONCURRENT_STARTS = 3
"""Few, so that in a rush those who still wait for their 202 get the processor before the starts behind it."""
_PORTION = 8
"""Starts of the sweep at once."""
_MARK_PAUSE = 0.02
"""Seconds in which marks of started runs are collected for one statement."""


class Rush:
    """Tells whether more than `count` runs were started within the last `seconds`."""

    def __init__(self, count: int = 100, seconds: float = 10.0) -> None:
        self._starts: deque[float] = deque(maxlen=count)
        self._seconds = seconds

    def counts_one(self) -> bool:
        """Another run starts; whether it is part of a rush."""
        now = time.monotonic()
        crowded = len(self._starts) == self._starts.maxlen and now - self._starts[0] < self._seconds
        self._starts.append(now)
        return crowded


class Dispatcher:
    """Starts runs and delivers signals for one process; signals of committed transactions come to it by themselves."""

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client
        self._courier = Courier(database, client)
        self._background = Background(concurrency=_CONCURRENT_STARTS)
        self._marks = _Marks(database)
        self._rush = Rush()
        self._flood = Rush(count=100, seconds=0.5)
        database.after_commit(lambda effects: self.deliver_soon(effects.signals))

    def launch_soon(self, order: RunOrder) -> None:
        """Start a run whose row was committed, without waiting; in a flood leave it to the sweep."""
        if self._flood.counts_one():
            return
        asked = time.monotonic()

        async def start() -> None:
            # After a long queue it is the sweep's business, which may have been faster.
            if time.monotonic() - asked < SWEEP_AGE.total_seconds():
                await self.launch(order)

        self._background.run_soon(start)

    def start_soon(self, workspace_id: UUID, run_id: UUID) -> None:
        """The same for a run of which only the id is known."""
        self._background.run_soon(lambda: self.start_run(workspace_id, run_id))

    def deliver_soon(self, outbox_ids: Sequence[int]) -> None:
        """Deliver signals whose rows were committed, without waiting."""
        if outbox_ids:
            self._background.run_soon(lambda: self.deliver(outbox_ids))

    def do_soon(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do anything else that follows from a commit, without waiting; a sweep must do it if this does not succeed."""
        self._background.run_soon(work)

    async def start_run(self, workspace_id: UUID, run_id: UUID) -> None:
        """Start the run if it still waits for its start."""
        async with self._database.tenant(workspace_id) as session:
            order = await load_order(session, run_id)
        if order is not None:
            await self.launch(order)

    async def launch(self, order: RunOrder) -> None:
        """Start the workflow and note that it was started.

        Raises:
            RPCError, RuntimeError: if Temporal does not answer; the row stays as it is.
        """
        try:
            with continuing(order.traceparent):
                await self._start_workflow(order)
        except WorkflowAlreadyStartedError:
            logger.info("run %s was executed already", order.run.run_id)
        except RPCError as error:
            if error.status not in REFUSED:
                raise
            await self._refuse(order, error)
            return
        self._marks.add(UUID(order.run.run_id), order.run.run_attempt)

    async def deliver(self, outbox_ids: Sequence[int]) -> None:
        """Deliver signals, each after those that were written for the same workflow before it."""
        await self._courier.deliver(outbox_ids)

    async def sweep(self) -> int:
        """Start and deliver what is left; the number of things that were done."""
        started = 0
        while runs := await self._forgotten_runs():
            some = await self._start_all(runs)
            started += some
            if some < _BATCH:
                break
        return started + await self._courier.sweep()

    async def close(self, seconds: float = 5.0) -> None:
        """Finish what is under way."""
        await self._background.drain(seconds)
        await self._marks.flush()

    async def _start_workflow(self, order: RunOrder) -> None:
        await self._client.start_workflow(
            GRAPH_RUN,
            args=[order.run.plan_ref, order.run],
            id=workflow_id(order.run.run_id, order.run.run_attempt),
            task_queue=RUNS_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            task_timeout=PATIENT_TASK_TIMEOUT if self._rush.counts_one() or order.large else TASK_TIMEOUT,
            static_summary=order.workflow_name[:60],
            priority=fair_share(order.run.workspace_id),
            rpc_timeout=RPC_TIMEOUT,
        )

    async def _refuse(self, order: RunOrder, error: RPCError) -> None:
        logger.error("temporal refuses run %s: %s", order.run.run_id, error.message)
        info = ErrorInfo(code=ErrorCode.INTERNAL, message="The workflow engine refused to start this run.")
        async with self._database.tenant(order.run.workspace_id) as session:
            workspace_id, run_id = UUID(order.run.workspace_id), UUID(order.run.run_id)
            await end_run(session, workspace_id, run_id, order.run.run_attempt, RunStatus.FAILED, info)

    @property
    def waits(self) -> Waits:
        """What the sweep is about: runs that wait for their start, and signals that are due."""
        now = func.clock_timestamp()
        pending = select(Run.workspace_id, Run.id).where(
            Run.status == RunStatus.PENDING,
            Run.dispatched_at.is_(None),
            or_(Run.updated_at < now - SWEEP_AGE, Run.created_at < now - LONG_AGE),
        )
        return pending, due_signals()

    async def _forgotten_runs(self) -> list[tuple[UUID, UUID]]:
        """What waits for its start; workspaces take turns, so that one which left thousands makes no other wait."""
        turn = func.row_number().over(partition_by=Run.workspace_id, order_by=Run.created_at)
        pending, _ = self.waits
        async with self._database.system() as session:
            rows = await session.execute(pending.order_by(turn, Run.created_at).limit(_BATCH))
            return [(row.workspace_id, row.id) for row in rows]

    async def _start_all(self, runs: Sequence[tuple[UUID, UUID]]) -> int:
        """Start in portions; a portion that fails as a whole means that Temporal is away, so the rest can wait."""
        started = 0
        for first in range(0, len(runs), _PORTION):
            portion = runs[first : first + _PORTION]
            outcomes = await asyncio.gather(*(self.start_run(*run) for run in portion), return_exceptions=True)
            failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
            if failures:
                logger.warning("%d of %d runs did not start: %s", len(failures), len(portion), failures[0])
            started += len(portion) - len(failures)
            if len(failures) == len(portion) and all(isinstance(f, RPCError | RuntimeError) for f in failures):
                break
        await self._marks.flush()
        return started


class _Marks:
    """Notes in the rows which runs were started; many at a time, because nothing depends on it but the sweep."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: set[tuple[UUID, int]] = set()
        self._flushing: asyncio.Task[None] | None = None

    def add(self, run_id: UUID, attempt: int) -> None:
        """Note a run soon."""
        self._waiting.add((run_id, attempt))
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush_soon())

    async def flush(self) -> None:
        """Note all at once now. If the database is away, the sweep starts these runs once more, to no effect."""
        noted, self._waiting = self._waiting, set()
        try:
            await self._write(noted)
        except Exception as error:
            logger.warning("started runs are not noted: %s", type(error).__name__)

    async def _flush_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(_MARK_PAUSE)
            await self.flush()

    async def _write(self, noted: Iterable[tuple[UUID, int]]) -> None:
        by_attempt: dict[int, list[UUID]] = {}
        for run_id, attempt in noted:
            by_attempt.setdefault(attempt, []).append(run_id)
        async with self._database.system() as session:
            for attempt, run_ids in sorted(by_attempt.items()):
                await session.execute(_mark(run_ids, attempt))


def _mark(run_ids: Sequence[UUID], attempt: int) -> Update:
    # A row that is locked is being written by its own workflow, which says as much as a mark; to wait for it could end
    # in a deadlock with another process that marks the same runs.
    free = (
        select(Run.id)
        .where(Run.id.in_(run_ids), Run.attempt == attempt, Run.dispatched_at.is_(None))
        .with_for_update(skip_locked=True, key_share=True)
    )
    return update(Run).where(Run.id.in_(free)).values(dispatched_at=func.clock_timestamp())
