"""Settling a request: one answer counts, and its run is told once the transaction that settles it is committed."""

from datetime import UTC, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.history import note
from db.approvals.locking import lock_approval
from db.approvals.telling import tell
from db.audit import Actor
from db.metrics import APPROVAL_SECONDS
from db.outbox import enqueue
from db.run_events import append_event
from db.tables import Approval, ApprovalVote
from schemas.notifications import Notice
from schemas.run_events import EventType
from schemas.signals import Decision

PENDING: Final = "pending"


async def settle(
    session: AsyncSession,
    approval: Approval,
    decision: str,
    *,
    status: str = "decided",
    actor: Actor | None = None,
    data: Any = None,
    reason: str | None = None,
    undo: float | None = None,
    signal: bool = True,
) -> None:
    """Settle a locked, pending request. The signal to the workflow and the run event are part of the transaction.

    Args:
        session: The transaction that holds the lock.
        approval: The request.
        decision: What was decided.
        status: `decided`, `expired` or `cancelled`; only of the first the run learns by a signal.
        actor: Who decided; Perdure itself by default.
        data: The filled-in form.
        reason: Why.
        undo: Seconds in which the decision can be taken back, before the run learns of it.
        signal: False if the run learns of it by other means: it is being told that the request was opened.
    """
    now = await _now(session)
    approval.status, approval.decision, approval.decided_at = status, decision, now
    approval.data, approval.reason = data, reason
    if actor is not None:
        approval.decided_by, approval.decided_by_kind, approval.decided_by_id = actor.name, actor.kind, actor.id
    approval.told = undo is None
    approval.undo_until = None if undo is None else datetime.fromtimestamp(now.timestamp() + undo, tz=UTC)
    await session.flush()
    APPROVAL_SECONDS.labels(status).observe((now - approval.created_at).total_seconds())
    settled = EventType.APPROVAL_DECIDED if status == "decided" else EventType.APPROVAL_EXPIRED
    facts = {"decision": decision, "status": status, "reason": reason}
    entry = await note(session, approval, settled.value.partition(".")[2], actor, data=facts)
    # What a rule answers right when it is opened nobody was asked.
    if status != "cancelled" and (actor is None or actor.kind != "rule"):
        await tell(session, approval, Notice(status), f"entry:{entry}", actor=actor, text=reason)
    if signal and status == "decided" and approval.told:
        await _tell(session, approval)
    await _append_settled(session, approval, settled)


async def expire(
    session: AsyncSession, approval_id: UUID, outcome: Literal["expired", "cancelled"] = "expired"
) -> Approval:
    """Close a request if nobody has decided. What the deadline means stands in its settings.

    Returns:
        The request with the decision that stands, which may be a person's.

    Raises:
        PerdureError: `not_found`.
    """
    approval = await lock_approval(session, approval_id)
    if approval.status != PENDING:
        # The run goes on with this decision now, so it cannot be taken back any more.
        approval.undo_until, approval.told = None, True
        return approval
    decision = outcome if outcome == "cancelled" else approval.settings.get("on_expiry", outcome)
    await settle(session, approval, decision, status=outcome)
    return approval


def undoable() -> Select[UUID]:
    """Decisions that their runs are not told of yet and that can no longer be taken back."""
    return select(Approval.id).where(~Approval.told, Approval.undo_until <= func.clock_timestamp())


async def tell_undoable(session: AsyncSession, limit: int = 100) -> int:
    """Tell the runs of decisions that can no longer be taken back; how many.

    Args:
        session: A system session.
        limit: How many at most.
    """
    due = undoable().order_by(Approval.undo_until)
    told = 0
    for approval_id in (await session.scalars(due.limit(limit))).all():
        approval = await lock_approval(session, approval_id)
        if not approval.told and approval.undo_until is not None and approval.undo_until <= await _now(session):
            approval.told = True
            await session.flush()
            await _tell(session, approval)
            told += 1
    return told


async def decision_of(session: AsyncSession, approval: Approval) -> Decision | None:
    """The decision as it is told to the workflow; nothing while the request is open."""
    if approval.status == PENDING or approval.decided_at is None:
        return None
    votes = await session.scalars(
        select(ApprovalVote)
        .where(ApprovalVote.approval_id == approval.id, ApprovalVote.revision == approval.revision)
        .order_by(ApprovalVote.created_at)
    )
    return Decision(
        workspace_id=str(approval.workspace_id),
        approval_id=str(approval.id),
        decision=approval.decision or approval.status,
        data=approval.data,
        reason=approval.reason,
        by=approval.decided_by,
        at=rfc3339(approval.decided_at),
        payload=approval.final_payload,
        changed=approval.final_payload is not None,
        digest=approval.digest or None,
        rule=approval.decided_by if approval.decided_by_kind == "rule" else None,
        votes=tuple(
            {"by": vote.voter_name, "decision": vote.decision, "reason": vote.reason, "at": rfc3339(vote.created_at)}
            for vote in votes
        ),
    )


async def _tell(session: AsyncSession, approval: Approval) -> None:
    made = await decision_of(session, approval)
    if made is None:
        raise RuntimeError("a decided request has a decision")
    await enqueue(session, approval.workspace_id, approval.run_id, approval.workflow_id, "decide", made)


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


async def _now(session: AsyncSession) -> datetime:
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


def rfc3339(moment: datetime) -> str:
    """A moment as text in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
