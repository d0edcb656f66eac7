"""Handing a request around: claim, release, delegate, reassign."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.history import note
from db.approvals.locking import lock_approval
from db.approvals.opening import add_assignees
from db.approvals.principals import Voter, people_behind, principals_of_user, user_principal
from db.approvals.settling import PENDING, rfc3339
from db.approvals.telling import tell
from db.approvals.voting import asked_in, entitled, refuse_second, unclaim, votes_of
from db.audit import Actor
from db.tables import Approval, ApprovalAssignee, Membership, User
from schemas.approvals import ANYONE
from schemas.errors import ErrorCode, PerdureError
from schemas.notifications import Notice
from schemas.roles import Role


async def lock_pending(session: AsyncSession, approval_id: UUID) -> Approval:
    """A locked request that nobody has settled.

    Raises:
        PerdureError: `not_found`, or `already_decided` with the decision that stands.
    """
    approval = await lock_approval(session, approval_id)
    if approval.status != PENDING:
        raise already_decided(approval)
    return approval


def already_decided(approval: Approval) -> PerdureError:
    """The refusal that names who was faster."""
    who = f" by {approval.decided_by}" if approval.decided_by else ""
    details = {
        "status": approval.status,
        "decision": approval.decision,
        "decided_by": approval.decided_by,
        "decided_at": None if approval.decided_at is None else rfc3339(approval.decided_at),
        "reason": approval.reason,
    }
    message = f"This was answered already: {approval.decision or approval.status}{who}."
    return PerdureError(ErrorCode.ALREADY_DECIDED, message, details=details)


async def claim(session: AsyncSession, approval_id: UUID, voter: Voter, actor: Actor) -> Approval:
    """Reserve a request for oneself: nobody else answers until it is released.

    Raises:
        PerdureError: as `voting.entitled`, and `invalid_request` for a program.
    """
    approval = await lock_pending(session, approval_id)
    if voter.kind != "user" or voter.id is None:
        raise PerdureError(ErrorCode.INVALID_REQUEST, "Only a person can claim a request; sign in as one.")
    await entitled(session, approval, voter)
    if approval.claimed_by is None:
        approval.claimed_by, approval.claimed_by_name = voter.id, voter.name
        approval.claimed_at = func.clock_timestamp()
        await note(session, approval, "claimed", actor)
        await session.flush()
        await session.refresh(approval)
    return approval


async def release(session: AsyncSession, approval_id: UUID, actor: Actor, *, manages: bool) -> Approval:
    """Give a claimed request back to everybody who is asked.

    Args:
        session: The transaction.
        approval_id: The request.
        actor: Who gives it back.
        manages: Whether they may do that for others.

    Raises:
        PerdureError: `claimed` if it is somebody else's claim.
    """
    approval = await lock_pending(session, approval_id)
    if approval.claimed_by is None:
        return approval
    if approval.claimed_by != actor.id and not manages:
        message = f"{approval.claimed_by_name} has claimed this request; only they or an admin can release it."
        raise PerdureError(ErrorCode.CLAIMED, message, details={"claimed_by": approval.claimed_by_name})
    await note(session, approval, "released", actor, data={"from": str(approval.claimed_by)})
    unclaim(approval)
    await session.flush()
    return approval


async def delegate(
    session: AsyncSession, approval_id: UUID, voter: Voter, actor: Actor, to: UUID, comment: str | None
) -> Approval:
    """Give one's place in the present stage to another member; afterwards one may not answer any more.

    Raises:
        PerdureError: as `voting.entitled`; `already_answered`; `invalid_request` if the other may not answer or is
            not a member.
    """
    approval = await lock_pending(session, approval_id)
    if voter.kind != "user" or voter.id is None:
        raise PerdureError(ErrorCode.INVALID_REQUEST, "Only a person can delegate a request; sign in as one.")
    place = await entitled(session, approval, voter)
    refuse_second(await votes_of(session, approval), approval.stage, voter, place)
    given_by = place.person or voter.id
    name = await _checked_member(session, approval, to)
    unclaim(approval)
    if ANYONE in await asked_in(session, approval, approval.stage):
        approval.claimed_by, approval.claimed_by_name, approval.claimed_at = to, name, func.clock_timestamp()
    else:
        await _leave(session, approval, given_by, place.role)
        await add_assignees(session, approval, approval.stage, [user_principal(to)], via="delegation", by_user=voter.id)
    facts = {"from": str(given_by), "to": str(to), "to_name": name}
    entry = await note(session, approval, "delegated", actor, text=comment, data=facts)
    named = [user_principal(to)]
    await tell(session, approval, Notice.DELEGATED, f"entry:{entry}", actor=actor, principals=named, text=comment)
    await session.flush()
    await session.refresh(approval)
    return approval


async def reassign(
    session: AsyncSession, approval_id: UUID, actor: Actor, principals: Sequence[str], *, replace: bool, via: str
) -> Approval:
    """Ask others in the present stage, beside or instead of those who are asked.

    Args:
        session: The transaction.
        approval_id: The request.
        actor: Who decides that.
        principals: Who is asked.
        replace: Whether nobody else may answer any more.
        via: `reassignment` or `escalation`.
    """
    approval = await lock_pending(session, approval_id)
    if replace:
        await _ask_only(session, approval, principals, actor)
    if replace or via == "escalation":
        # Whoever has claimed it has not answered in time.
        unclaim(approval)
    await add_assignees(session, approval, approval.stage, list(principals), via=via, by_user=actor.id)
    facts = {"to": list(principals), "replace": replace, "via": via}
    entry = await note(session, approval, "assigned", actor, data=facts)
    if via == "reassignment":
        await tell(session, approval, Notice.DELEGATED, f"entry:{entry}", actor=actor, principals=principals)
    await session.flush()
    return approval


async def _ask_only(session: AsyncSession, approval: Approval, principals: Sequence[str], actor: Actor) -> None:
    gone = delete(ApprovalAssignee).where(
        ApprovalAssignee.approval_id == approval.id,
        ApprovalAssignee.stage == approval.stage,
        ApprovalAssignee.principal.not_in(principals),
    )
    for principal in await session.scalars(gone.returning(ApprovalAssignee.principal)):
        if principal.startswith("user:"):
            await note(session, approval, "unassigned", actor, data={"from": principal[5:]})


async def _checked_member(session: AsyncSession, approval: Approval, user_id: UUID) -> str:
    query = select(User.name, User.email, Membership.role).join(Membership, Membership.user_id == User.id)
    member = (await session.execute(query.where(User.id == user_id))).one_or_none()
    if member is None:
        raise PerdureError(ErrorCode.INVALID_REQUEST, "`to` is not a member of this workspace.")
    if Role(member.role) is Role.VIEWER:
        raise PerdureError(ErrorCode.INVALID_REQUEST, f"`to`: the role {member.role} does not decide.")
    if user_id in approval.excluded:
        message = f"{member.name} started this run or published its workflow, and the request keeps these duties apart."
        raise PerdureError(ErrorCode.SELF_APPROVAL, message)
    return str(member.name or member.email)


async def _leave(session: AsyncSession, approval: Approval, user_id: UUID, role: Role) -> None:
    """Takes somebody out of a stage. Of a role or a group that is asked all others stay, by their own names."""
    asked = await asked_in(session, approval, approval.stage)
    own = set(await principals_of_user(session, user_id, role)) & set(asked)
    shared = own - {user_principal(user_id)}
    others = await people_behind(session, sorted(shared), [*approval.excluded, user_id]) if shared else set()
    await session.execute(
        delete(ApprovalAssignee).where(
            ApprovalAssignee.approval_id == approval.id,
            ApprovalAssignee.stage == approval.stage,
            ApprovalAssignee.principal.in_(own),
        )
    )
    names = sorted(user_principal(other) for other in others)
    await add_assignees(session, approval, approval.stage, names, via="delegation", by_user=user_id)
