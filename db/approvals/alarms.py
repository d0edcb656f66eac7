"""Reminders and escalations of a request that waits; each happens once, however often its activity is repeated."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.handing import reassign
from db.approvals.history import note
from db.approvals.locking import lock_approval
from db.approvals.principals import principals_of
from db.approvals.settling import PENDING
from db.approvals.telling import tell
from db.audit import Actor
from db.run_events import append_event
from db.tables import Approval
from schemas.approvals import RequestSettings
from schemas.errors import PerdureError
from schemas.notifications import Notice
from schemas.run_events import EventType


async def ring(session: AsyncSession, approval_id: UUID, kind: str, index: int) -> Approval:
    """Remind those who are asked, or ask others too; nothing if the request is settled or this was done.

    Raises:
        PerdureError: `not_found`.
    """
    approval = await lock_approval(session, approval_id)
    if approval.status != PENDING:
        return approval
    rung = "reminded" if kind == "remind" else "escalated"
    if await note(session, approval, rung, data={"index": index}, key=f"{kind}:{index}") is None:
        return approval
    if kind == "escalate":
        await _escalate(session, approval, index)
    else:
        await tell(session, approval, Notice.REMINDED, f"remind:{index}")
    event = EventType.APPROVAL_REMINDED if kind == "remind" else EventType.APPROVAL_ESCALATED
    facts = {"approval_id": str(approval.id), "index": index}
    await append_event(session, approval.run_id, event, path=approval.path, iteration=approval.iteration, data=facts)
    return approval


async def _escalate(session: AsyncSession, approval: Approval, index: int) -> None:
    step = RequestSettings.model_validate(approval.settings).escalate[index]
    try:
        principals = await principals_of(session, step.to)
    except PerdureError as error:
        # The run waits for a person: that somebody has left the workspace must not end it.
        await note(session, approval, "escalation_failed", text=error.info.message)
        return
    system = Actor(workspace_id=approval.workspace_id, kind="system", id=None, name="Perdure")
    await reassign(session, approval.id, system, principals, replace=step.replace, via="escalation")
    await tell(session, approval, Notice.ESCALATED, f"escalate:{index}", principals=principals)
