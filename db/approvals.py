"""Requests to people. The row is the arbiter: one conditional update decides between deciders and the deadline."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.outbox import enqueue
from db.run_events import append_event, enter_run
from db.tables import Approval, Run
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import Decision, OpenApproval
from schemas.run_events import EventType


@dataclass(frozen=True)
class Verdict:
    """How an attempt to decide has ended."""

    won: bool
    approval: Approval
    """The request with the decision that stands."""
    outbox_id: int | None
    """Signal that tells the workflow; only if this attempt won."""


async def open_approval(session: AsyncSession, request: OpenApproval) -> Approval:
    """Create the request, or find the one that an earlier try has created.

    Raises:
        PerdureError: `cancelled` if the run has ended.
    """
    await enter_run(session, request.workspace_id, request.run_id, request.run_attempt, request.log)
    approval: Approval | None = await session.scalar(
        insert(Approval).values(_columns(request)).on_conflict_do_nothing().returning(Approval)
    )
    if approval is None:
        return await _find(session, request)
    await append_event(
        session,
        approval.run_id,
        EventType.APPROVAL_OPENED,
        path=approval.path,
        iteration=approval.iteration,
        data={
            "approval_id": str(approval.id),
            "title": approval.title,
            "purpose": approval.purpose,
            "node_name": approval.node_name,
            "due_at": request.due_at,
        },
    )
    return approval


async def decide(
    session: AsyncSession,
    approval_id: UUID,
    decision: str,
    *,
    data: Any = None,
    reason: str | None = None,
    by: str | None = None,
) -> Verdict:
    """Decide a request, if nobody has. The signal to the workflow and the run event are part of the transaction.

    Raises:
        PerdureError: `not_found`.
    """
    await _lock_run(session, approval_id)
    approval = await _settle(
        session, approval_id, status="decided", decision=decision, data=data, reason=reason, decided_by=by
    )
    if approval is None:
        return Verdict(won=False, approval=await _get(session, approval_id), outbox_id=None)
    made = decision_of(approval)
    if made is None:
        raise RuntimeError("a decided request has a decision")
    outbox_id = await enqueue(session, approval.workspace_id, approval.run_id, approval.workflow_id, "decide", made)
    await _append_settled(session, approval, EventType.APPROVAL_DECIDED)
    return Verdict(won=True, approval=approval, outbox_id=outbox_id)


async def expire(
    session: AsyncSession, approval_id: UUID, outcome: Literal["expired", "cancelled"] = "expired"
) -> Approval:
    """Close a request if nobody has decided.

    Returns:
        The request with the decision that stands, which may be a person's.

    Raises:
        PerdureError: `not_found`.
    """
    await _lock_run(session, approval_id)
    approval = await _settle(session, approval_id, status=outcome, decision=outcome)
    if approval is None:
        return await _get(session, approval_id)
    await _append_settled(session, approval, EventType.APPROVAL_EXPIRED)
    return approval


def decision_of(approval: Approval) -> Decision | None:
    """The decision as it is told to the workflow; nothing while the request is open."""
    if approval.status == "pending" or approval.decided_at is None:
        return None
    return Decision(
        workspace_id=str(approval.workspace_id),
        approval_id=str(approval.id),
        decision=approval.decision or approval.status,
        data=approval.data,
        reason=approval.reason,
        by=approval.decided_by,
        at=_rfc3339(approval.decided_at),
    )


async def _lock_run(session: AsyncSession, approval_id: UUID) -> None:
    """Locks the run before its request: everybody takes the two in this order, so nobody waits in a circle."""
    await session.execute(
        select(Run.id)
        .join(Approval, Approval.run_id == Run.id)
        .where(Approval.id == approval_id)
        .with_for_update(of=Run, key_share=True)
    )


async def _settle(session: AsyncSession, approval_id: UUID, **values: Any) -> Approval | None:
    """The one conditional update; nothing if somebody was faster."""
    return await session.scalar(
        update(Approval)
        .where(Approval.id == approval_id, Approval.status == "pending")
        .values(decided_at=func.clock_timestamp(), **values)
        .returning(Approval),
        execution_options={"populate_existing": True},
    )


async def _append_settled(session: AsyncSession, approval: Approval, event_type: EventType) -> None:
    await append_event(
        session,
        approval.run_id,
        event_type,
        path=approval.path,
        iteration=approval.iteration,
        data={
            "approval_id": str(approval.id),
            "status": approval.status,
            "decision": approval.decision,
            "by": approval.decided_by,
            "reason": approval.reason,
        },
    )


async def _get(session: AsyncSession, approval_id: UUID) -> Approval:
    approval = await session.scalar(
        select(Approval).where(Approval.id == approval_id), execution_options={"populate_existing": True}
    )
    if approval is None:
        raise PerdureError(ErrorCode.NOT_FOUND, "There is no such approval.")
    return approval


async def _find(session: AsyncSession, request: OpenApproval) -> Approval:
    found = await session.scalars(
        select(Approval).where(
            Approval.run_id == UUID(request.run_id),
            Approval.run_attempt == request.run_attempt,
            Approval.path == request.path,
            Approval.iteration == request.iteration,
            Approval.purpose == request.purpose,
            Approval.round == request.round,
        )
    )
    return found.one()


def _columns(request: OpenApproval) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "workspace_id": UUID(request.workspace_id),
        "run_id": UUID(request.run_id),
        "run_attempt": request.run_attempt,
        "workflow_id": request.workflow_id,
        "path": request.path,
        "iteration": request.iteration,
        "round": request.round,
        "purpose": request.purpose,
        "node_name": request.node_name,
        "title": request.title,
        "body": request.body,
        "payload": request.payload,
        "form": request.form,
        "decisions": [list(decision) for decision in request.decisions],
        "due_at": datetime.fromisoformat(request.due_at) if request.due_at else None,
    }


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
