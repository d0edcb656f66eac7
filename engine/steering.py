"""Steering runs: cancel, pause, resume, terminate, retry. What one transaction writes reaches the workflow in the end.

The API and bulk jobs steer by these same functions, so a run cannot tell which of them it was.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from db import audit
from db.audit import Actor
from db.outbox import enqueue
from db.quotas import admit_attempt
from db.run_events import append_event
from db.tables import Run, RunEventRow
from engine.client import workflow_id
from engine.run_repair import end_run
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import UNFINISHED, RunEdit, RunStatus
from schemas.run_events import EventType
from schemas.signals import Control, Steer, Terminate

Action = Literal["cancel", "pause", "resume"]

RETRYABLE: Final = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.TERMINATED)

SECOND_LOOK: Final = timedelta(seconds=10)
"""After a termination we look again for workflows that were just being started when it was asked for."""

_AUDITED: Final[dict[Action, str]] = {"cancel": "run.cancelled", "pause": "run.paused", "resume": "run.resumed"}


@dataclass(frozen=True)
class SteerOrder:
    """What somebody says to an agent in mid-run."""

    id: str
    """Under the same id it is said once."""
    message: str
    path: str | None = None


async def control_run(session: AsyncSession, actor: Actor, run_id: UUID, action: Action, reason: str | None) -> None:
    """Tell a run to cancel, pause or resume; it arrives although Temporal may be away at the moment.

    Raises:
        PerdureError: `not_found`, or `conflict` if the run has ended.
    """
    run = await _locked(session, run_id)
    _refuse_ended(run, action)
    signal = Control(workspace_id=str(run.workspace_id), action=action, reason=reason)
    target = workflow_id(str(run.id), run.attempt)
    await enqueue(session, run.workspace_id, run.id, target, "control", signal)
    audit.record(session, actor, _AUDITED[action], ("run", run_id), before=_state(run), after={"reason": reason})
    run.steering = {"action": action, "by": actor.name, "reason": reason, "at": datetime.now(UTC).isoformat()}
    await session.flush()
    if action == "cancel":
        data = {"reason": reason, "by": actor.name}
        await append_event(session, run.id, EventType.RUN_CANCEL_REQUESTED, data=data)


async def steer_run(session: AsyncSession, actor: Actor, run_id: UUID, order: SteerOrder) -> None:
    """Say something to an agent in mid-run; it hears it before its next turn, although Temporal may be away now.

    Raises:
        PerdureError: `not_found`, or `conflict` if the run has ended.
    """
    run = await _locked(session, run_id)
    if await _was_steered(session, run_id, order.id):
        return
    _refuse_ended(run, "steer")
    signal = Steer(
        workspace_id=str(run.workspace_id),
        id=order.id,
        message=order.message,
        path=order.path,
        by=actor.name,
        at=datetime.now(UTC).isoformat(),
    )
    target = workflow_id(str(run.id), run.attempt)
    await enqueue(session, run.workspace_id, run.id, target, "steer", signal)
    audit.record(session, actor, "run.steered", ("run", run_id), after={"id": order.id, "path": order.path})
    data = {"id": order.id, "message": order.message, "by": actor.name}
    await append_event(session, run.id, EventType.RUN_STEERED, path=order.path, data=data)


async def _was_steered(session: AsyncSession, run_id: UUID, order_id: str) -> bool:
    said = exists().where(
        RunEventRow.run_id == run_id,
        RunEventRow.type == EventType.RUN_STEERED,
        RunEventRow.data["id"].astext == order_id,
    )
    return bool(await session.scalar(select(said)))


async def terminate_run(session: AsyncSession, actor: Actor, run_id: UUID, reason: str | None) -> None:
    """End a run and its child runs at once, without compensation: from now on nothing of them is recorded any more.

    Their workflows are terminated in Temporal after the commit, and the one that waits for the run is told.

    Raises:
        PerdureError: `not_found`, or `conflict` if the run has ended.
    """
    run = await _locked(session, run_id)
    _refuse_ended(run, "terminate")
    before = _state(run)
    await terminate_tree(session, run, _told(actor.name, reason))
    audit.record(session, actor, "run.terminated", ("run", run_id), before=before, after={"reason": reason})


async def terminate_tree(session: AsyncSession, run: Run, message: str) -> None:
    """End a run and whatever of its child runs is not over, and let their workflows be terminated."""
    error = ErrorInfo(code=ErrorCode.TERMINATED, message=message)
    for one in (run, *await unfinished_children(session, run.id)):
        await end_run(session, one.workspace_id, one.id, one.attempt, RunStatus.TERMINATED, error)
        order = Terminate(workspace_id=str(one.workspace_id), reason=message, tells_parent=one is run)
        target = workflow_id(str(one.id), one.attempt)
        await enqueue(session, one.workspace_id, one.id, target, "terminate", order)
        session.expunge(one)  # its row was changed by the database itself
    again = Terminate(workspace_id=str(run.workspace_id), reason=message, again=True)
    target = workflow_id(str(run.id), run.attempt)
    await enqueue(session, run.workspace_id, run.id, target, "terminate", again, delay=SECOND_LOOK)


async def unfinished_children(session: AsyncSession, run_id: UUID) -> list[Run]:
    """Runs below a run that have not ended, at any depth, locked."""
    found: list[Run] = []
    level = [run_id]
    while level:
        below = select(Run.id, Run.status).where(Run.parent_run_id.in_(level))
        rows = (await session.execute(below)).all()
        level = [row.id for row in rows]
        ids = sorted(row.id for row in rows if row.status in UNFINISHED)
        found += [run for one in ids if (run := await lock_run(session, one)) is not None and run.status in UNFINISHED]
    return found


async def retry_run(session: AsyncSession, actor: Actor, run_id: UUID, key: str | None = None) -> bool:
    """Let a run that did not complete begin its next attempt, from where the last one stopped.

    Args:
        session: A session of the workspace.
        actor: Who wants it.
        run_id: The run.
        key: Under the same key it has no further effect.

    Returns:
        Whether it was this call that began the attempt, not an earlier one with the key.

    Raises:
        PerdureError: `not_found`, or `conflict` if it has not ended, has completed, or belongs to another run;
            `quota_exceeded` when the session's block is left.
    """
    run = await _locked(session, run_id)
    if key is not None and run.retry_key == key:
        return False
    if run.status not in RETRYABLE:
        message = f"The run is {run.status}; only a failed, cancelled or terminated run can be retried."
        raise PerdureError(ErrorCode.CONFLICT, message, details={"status": run.status})
    if run.parent_run_id is not None:
        message = f"The run belongs to run {run.parent_run_id}; retry that one."
        raise PerdureError(ErrorCode.CONFLICT, message, details={"parent_run_id": str(run.parent_run_id)})
    await admit_attempt(session, run.workspace_id)
    before = _state(run)
    run.attempt += 1
    run.status, run.retry_key = RunStatus.PENDING, key
    run.edit = RunEdit(mode="retry").model_dump(mode="json")
    run.error = run.output = run.ended_at = run.dispatched_at = run.steering = None
    audit.record(session, actor, "run.retried", ("run", run_id), before=before, after=_state(run))
    await session.flush()
    await append_event(session, run.id, EventType.RUN_RETRIED, data={"attempt": run.attempt, "by": actor.name})
    return True


async def lock_run(session: AsyncSession, run_id: UUID) -> Run | None:
    """A run without its data, locked until the transaction ends."""
    query = select(Run).where(Run.id == run_id).options(defer(Run.input), defer(Run.output), defer(Run.snapshot))
    fresh = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await session.scalars(fresh)).one_or_none()


async def _locked(session: AsyncSession, run_id: UUID) -> Run:
    run = await lock_run(session, run_id)
    if run is None:
        raise PerdureError(ErrorCode.NOT_FOUND, f"There is no run '{run_id}'.")
    return run


def _refuse_ended(run: Run, action: str) -> None:
    if RunStatus(run.status).ended:
        message = f"The run has ended as {run.status}; there is nothing to {action}."
        raise PerdureError(ErrorCode.CONFLICT, message, details={"status": run.status})


def _state(run: Run) -> dict[str, object]:
    return {"status": run.status, "attempt": run.attempt}


def _told(name: str, reason: str | None) -> str:
    return f"The run was terminated by {name}" + (f": {reason}" if reason else ".")
