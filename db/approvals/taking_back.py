"""Taking an answer back, and changing the question while it is open."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.handing import lock_pending
from db.approvals.history import note
from db.approvals.locking import lock_approval
from db.approvals.settling import PENDING
from db.approvals.telling import AGAIN, tell
from db.approvals.voting import begin_revision, unclaim
from db.audit import Actor
from db.run_events import append_event
from db.tables import Approval, ApprovalVote, Run
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunStatus
from schemas.notifications import Notice
from schemas.run_events import EventType


async def take_back(session: AsyncSession, approval_id: UUID, actor: Actor) -> Approval:
    """Take one's own answer back: while others are still to answer, or within the grace period once it is settled.

    Raises:
        PerdureError: `not_found`, or `undo_refused` with the reason.
    """
    approval = await lock_approval(session, approval_id)
    own = await _own_votes(session, approval, actor)
    if not own:
        raise _refused("You have not answered this request.")
    reopened, taken = approval.status != PENDING, own[-1]
    if reopened:
        await _reopen(session, approval)
    await session.execute(delete(ApprovalVote).where(ApprovalVote.id == taken.id))
    asked_again = reopened or approval.stage != taken.stage
    approval.stage = taken.stage
    unclaim(approval)
    await session.execute(
        delete(ApprovalVote).where(
            ApprovalVote.approval_id == approval.id,
            ApprovalVote.revision == approval.revision,
            ApprovalVote.stage > taken.stage,
        )
    )
    if taken.payload is not None:
        # What others have seen stays: only an edit that nobody was shown goes with its answer.
        approval.final_payload = approval.payload if approval.revision > 1 else None
    await session.flush()
    entry = await note(session, approval, "undone", actor, data={"decision": taken.decision})
    if asked_again:
        await tell(session, approval, Notice.OPENED, f"{AGAIN}entry:{entry}", actor=actor)
    return approval


async def revise(
    session: AsyncSession,
    approval_id: UUID,
    actor: Actor,
    *,
    title: str | None,
    body: str | None,
    payload: Any,
    why: str,
) -> Approval:
    """Change the question while it is open; what was answered so far was about another one and does not count.

    Args:
        session: The transaction.
        approval_id: The request.
        actor: Who changes it.
        title: The new title, if it changes.
        body: The new text, if it changes.
        payload: The new data; None leaves them.
        why: Shown to those who are asked.

    Raises:
        PerdureError: `not_found`, `already_decided`.
    """
    approval = await lock_pending(session, approval_id)
    approval.title = title if title is not None else approval.title
    approval.body = body if body is not None else approval.body
    before = approval.payload
    if payload is not None:
        approval.payload = approval.final_payload = payload
    await begin_revision(session, approval, actor, why)
    facts = {"revision": approval.revision} | ({} if payload is None else {"before": before, "after": payload})
    await note(session, approval, "revised", actor, text=why, data=facts)
    return approval


async def _reopen(session: AsyncSession, approval: Approval) -> None:
    now = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    if approval.status != "decided" or approval.undo_until is None:
        raise _refused("This decision cannot be taken back.")
    if approval.told or approval.undo_until <= now:
        raise _refused("It is too late: the run has gone on with this decision.")
    status = await session.scalar(select(Run.status).where(Run.id == approval.run_id))
    if status is None or RunStatus(status).ended:
        raise _refused("It is too late: the run has ended.")
    approval.status, approval.told, approval.undo_until = PENDING, True, None
    approval.decision = approval.data = approval.reason = approval.decided_at = None
    approval.decided_by = approval.decided_by_kind = approval.decided_by_id = None
    await session.flush()
    await append_event(
        session,
        approval.run_id,
        EventType.APPROVAL_REOPENED,
        path=approval.path,
        iteration=approval.iteration,
        data={"approval_id": str(approval.id)},
    )


async def _own_votes(session: AsyncSession, approval: Approval, actor: Actor) -> list[ApprovalVote]:
    query = select(ApprovalVote).where(
        ApprovalVote.approval_id == approval.id,
        ApprovalVote.revision == approval.revision,
        ApprovalVote.voter_kind == actor.kind,
        ApprovalVote.voter_id.is_not_distinct_from(actor.id),
    )
    return list(await session.scalars(query.order_by(ApprovalVote.stage)))


def _refused(message: str) -> PerdureError:
    return PerdureError(ErrorCode.UNDO_REFUSED, message)
