"""What people do with a request beside deciding it: claim, hand on, talk, change, take back."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import Permission
from api.approvals import models
from api.approvals.describing import describe, voter_of
from api.approvals.service import answering, decide_approval, find
from api.errors import RequestError
from db import audit
from db.approvals import handing, taking_back
from db.approvals.history import note
from db.approvals.principals import principals_of
from db.approvals.telling import tell
from db.run_events import append_event
from db.session import Database
from db.tables import Approval
from schemas.approvals import Assignees
from schemas.errors import ErrorCode, PerdureError
from schemas.notifications import Notice
from schemas.run_events import EventType


async def claim(session: AsyncSession, caller: Caller, approval_id: UUID) -> models.Approval:
    """Reserve a request for the caller."""
    await find(session, approval_id)
    approval = await handing.claim(session, approval_id, voter_of(caller), caller.actor)
    audit.record(session, caller.actor, "approval.claimed", ("approval", approval_id))
    return describe(approval)


async def release(session: AsyncSession, caller: Caller, approval_id: UUID) -> models.Approval:
    """Give a request back."""
    await find(session, approval_id)
    manages = caller.may(Permission.WORKSPACE_MANAGE)
    approval = await handing.release(session, approval_id, caller.actor, manages=manages)
    audit.record(session, caller.actor, "approval.released", ("approval", approval_id))
    return describe(approval)


async def delegate(
    session: AsyncSession, caller: Caller, approval_id: UUID, body: models.DelegateApproval
) -> models.Approval:
    """Let another member answer in the caller's place."""
    await find(session, approval_id)
    approval = await handing.delegate(session, approval_id, voter_of(caller), caller.actor, body.to, body.comment)
    audit.record(session, caller.actor, "approval.delegated", ("approval", approval_id), after={"to": str(body.to)})
    return describe(approval)


async def assign(
    session: AsyncSession, caller: Caller, approval_id: UUID, body: models.AssignApproval
) -> models.Approval:
    """Ask others.

    Raises:
        RequestError: `invalid_request` naming everybody who does not exist.
    """
    await find(session, approval_id)
    try:
        principals = await principals_of(session, Assignees.model_validate(body.to))
    except (PerdureError, ValueError) as error:
        text = (
            error.info.message if isinstance(error, PerdureError) else "`to`: a role is one of the workspace's roles."
        )
        raise RequestError(ErrorCode.INVALID_REQUEST, text) from error
    approval = await handing.reassign(
        session, approval_id, caller.actor, principals, replace=body.replace, via="reassignment"
    )
    after = {"to": body.to, "replace": body.replace}
    audit.record(session, caller.actor, "approval.assigned", ("approval", approval_id), after=after)
    return describe(approval)


async def revise(
    session: AsyncSession, caller: Caller, approval_id: UUID, body: models.ReviseApproval
) -> models.Approval:
    """Change the question while it is open."""
    before = (await find(session, approval_id)).digest
    approval = await taking_back.revise(
        session, approval_id, caller.actor, title=body.title, body=body.body, payload=body.payload, why=body.why
    )
    after = {"digest": approval.digest, "why": body.why}
    audit.record(
        session, caller.actor, "approval.revised", ("approval", approval_id), before={"digest": before}, after=after
    )
    return describe(approval)


async def undo(session: AsyncSession, caller: Caller, approval_id: UUID) -> models.Approval:
    """Take the caller's answer back."""
    await find(session, approval_id)
    approval = await taking_back.take_back(session, approval_id, caller.actor)
    audit.record(session, caller.actor, "approval.undone", ("approval", approval_id))
    return describe(approval)


async def comment(
    session: AsyncSession, caller: Caller, approval_id: UUID, body: models.CommentOnApproval
) -> models.Approval:
    """Say something about a request; its run hears of it as an event."""
    approval: Approval = await find(session, approval_id)
    entry = await note(session, approval, body.kind, caller.actor, text=body.text)
    await tell(session, approval, Notice.COMMENTED, f"entry:{entry}", actor=caller.actor, text=body.text)
    facts = {"approval_id": str(approval_id), "kind": body.kind, "text": body.text[:2_000], "by": caller.name}
    event = EventType.APPROVAL_COMMENTED
    await append_event(session, approval.run_id, event, path=approval.path, iteration=approval.iteration, data=facts)
    audit.record(session, caller.actor, "approval.commented", ("approval", approval_id), after={"kind": body.kind})
    return describe(approval)


async def decide_several(database: Database, caller: Caller, body: models.DecideApprovals) -> models.BulkDecisions:
    """The same answer to several requests, each in a transaction and with a record of its own."""
    items = [await _decide_one(database, caller, each, body) for each in body.approvals]
    decided = sum(item.approval is not None for item in items)
    return models.BulkDecisions(items=items, decided=decided, refused=len(items) - decided)


async def _decide_one(
    database: Database, caller: Caller, each: models.BulkDecision, body: models.DecideApprovals
) -> models.BulkDecided:
    one = models.DecideApproval(decision=body.decision, digest=each.digest, data=body.data, reason=body.reason)
    try:
        async with answering(database, caller, each.id, "decide") as session:
            approval = await decide_approval(session, caller, each.id, one)
    except PerdureError as error:
        refusal = models.BulkRefusal(code=error.code.value, message=error.info.message)
        return models.BulkDecided(id=each.id, approval=None, error=refusal)
    return models.BulkDecided(id=each.id, approval=approval, error=None)
