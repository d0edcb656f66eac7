"""Steering runs: cancel, pause, resume, retry. What is written in one transaction reaches the workflow in the end."""

from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.runs import repository
from db.outbox import enqueue
from db.run_events import append_event
from db.tables import Run
from engine.client import workflow_id
from schemas.errors import ErrorCode
from schemas.messages import Control, RunEdit, RunStatus
from schemas.run_events import EventType

Action = Literal["cancel", "pause", "resume"]

RETRYABLE = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.TERMINATED)


async def control_run(session: AsyncSession, run_id: UUID, action: Action, reason: str | None) -> None:
    """Tell a run to cancel, pause or resume; it arrives although Temporal may be away at the moment.

    Raises:
        RequestError: `not_found`, or `conflict` if the run has ended.
    """
    run = await _locked(session, run_id)
    if RunStatus(run.status).ended:
        message = f"The run has ended as {run.status}; there is nothing to {action}."
        raise RequestError(ErrorCode.CONFLICT, message, details={"status": run.status})
    signal = Control(workspace_id=str(run.workspace_id), action=action, reason=reason)
    target = workflow_id(str(run.id), run.attempt)
    await enqueue(session, run.workspace_id, run.id, target, "control", signal)
    if action == "cancel":
        await append_event(session, run.id, EventType.RUN_CANCEL_REQUESTED, data={"reason": reason})


async def retry_run(session: AsyncSession, run_id: UUID) -> None:
    """Let a run that did not complete begin its next attempt, from where the last one stopped.

    Raises:
        RequestError: `not_found`, or `conflict` if it has not ended, has completed, or belongs to another run.
    """
    run = await _locked(session, run_id)
    if run.status not in RETRYABLE:
        message = f"The run is {run.status}; only a failed, cancelled or terminated run can be retried."
        raise RequestError(ErrorCode.CONFLICT, message, details={"status": run.status})
    if run.parent_run_id is not None:
        message = f"The run belongs to run {run.parent_run_id}; retry that one."
        raise RequestError(ErrorCode.CONFLICT, message, details={"parent_run_id": str(run.parent_run_id)})
    run.attempt += 1
    run.status = RunStatus.PENDING
    run.edit = RunEdit(mode="retry").model_dump(mode="json")
    run.error = run.output = run.ended_at = run.dispatched_at = None
    await session.flush()
    await append_event(session, run.id, EventType.RUN_RETRIED, data={"attempt": run.attempt})


async def _locked(session: AsyncSession, run_id: UUID) -> Run:
    run = await repository.lock_run(session, run_id)
    if run is None:
        raise not_found("run", run_id)
    return run
