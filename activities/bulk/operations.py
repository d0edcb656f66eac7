"""What a bulk job does to one run, in the transaction that also notes what became of it."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio.client import Client

from db.audit import Actor
from db.session import Database
from db.tables import BulkJob, Run
from engine import steering
from engine.forking import Fork, check_nodes, prepare_fork
from engine.run_creation import NewRun, create_run_within
from schemas.bulk import BulkOperation
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunStatus

_BY_SIGNAL: Final[dict[BulkOperation, steering.Action]] = {
    BulkOperation.CANCEL: "cancel",
    BulkOperation.PAUSE: "pause",
    BulkOperation.RESUME: "resume",
}


@dataclass(frozen=True)
class Order:
    """What a job does to every run."""

    bulk_id: UUID
    actor: Actor
    operation: BulkOperation
    reason: str | None
    fork: Fork | None

    @classmethod
    def of(cls, job: BulkJob) -> "Order":
        """The order that a job carries out."""
        wanted = job.parameters
        fork: dict[str, Any] | None = wanted.get("fork")
        return cls(
            bulk_id=job.id,
            actor=Actor.of(job.workspace_id, job.created_by),
            operation=BulkOperation(job.operation),
            reason=wanted.get("reason"),
            fork=None if fork is None else Fork(fork["node"], fork["outputs"]),
        )


async def prepare(database: Database, client: Client, order: Order, run_id: UUID) -> NewRun | None:
    """What must be known before the transaction: the fork of a run, with its state.

    Raises:
        PerdureError: the run cannot be forked.
    """
    if order.fork is None:
        return None
    async with database.tenant(order.actor.workspace_id) as session:
        run = await session.scalar(select(Run).where(Run.id == run_id))
        if run is None:
            raise PerdureError(ErrorCode.NOT_FOUND, f"There is no run '{run_id}'.")
        await check_nodes(session, run, order.fork)
    # The same id however often this is tried, so that there is one fork.
    fork_id = uuid5(order.bulk_id, str(run_id))
    return await prepare_fork(
        database, client, order.actor, run, order.fork, run_id=fork_id, key=None, request_hash=f"bulk {order.bulk_id}"
    )


async def carry_out(session: AsyncSession, order: Order, run_id: UUID, fork: NewRun | None) -> UUID | None:
    """Do to a run what the order says.

    Returns:
        The run that was made of it, if one was.

    Raises:
        PerdureError: it cannot be done to this run.
    """
    if order.operation is BulkOperation.FORK:
        if fork is None:
            raise PerdureError(ErrorCode.INTERNAL, "The fork was not prepared.")
        return (await create_run_within(session, fork)).run_id
    if order.operation is BulkOperation.RETRY:
        await steering.retry_run(session, order.actor, run_id)
    elif order.operation is BulkOperation.TERMINATE:
        await steering.terminate_run(session, order.actor, run_id, order.reason)
    else:
        await _refuse_idle(session, order, run_id)
        await steering.control_run(session, order.actor, run_id, _BY_SIGNAL[order.operation], order.reason)
    return None


async def _refuse_idle(session: AsyncSession, order: Order, run_id: UUID) -> None:
    """Pausing what is paused, or resuming what is not, would change nothing."""
    run = await steering.lock_run(session, run_id)
    if run is None or RunStatus(run.status).ended:
        return
    wanted = (run.steering or {}).get("action")
    paused = run.status == RunStatus.PAUSED if wanted not in ("pause", "resume") else wanted == "pause"
    if order.operation is BulkOperation.PAUSE and paused:
        raise PerdureError(ErrorCode.CONFLICT, "The run is paused already.")
    if order.operation is BulkOperation.RESUME and not paused:
        raise PerdureError(ErrorCode.CONFLICT, "The run is not paused.")
    if order.operation is BulkOperation.CANCEL and wanted == "cancel":
        raise PerdureError(ErrorCode.CONFLICT, "The run is being cancelled already.")
