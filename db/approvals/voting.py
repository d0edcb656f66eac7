"""Answering a request: who may, whether it is the question they saw, and what all answers together mean."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.history import note
from db.approvals.locking import lock_approval
from db.approvals.opening import stage_of, words_of
from db.approvals.principals import Voter, absent_for, people_behind, principals_of_user, principals_of_voter
from db.approvals.settling import PENDING, settle
from db.approvals.telling import AGAIN, tell
from db.audit import Actor
from db.tables import Approval, ApprovalAssignee, ApprovalEntry, ApprovalVote
from schemas.approvals import ANYONE, APPROVED, REJECTED, Stage, changed_paths, digest_of, may_edit
from schemas.errors import ErrorCode, PerdureError
from schemas.notifications import Notice
from schemas.roles import Role

KEEP: Final = object()
"""The payload is left as it is."""


@dataclass(frozen=True)
class Answer:
    """What somebody answers."""

    decision: str
    digest: str
    """Of what they were shown."""
    data: Any = None
    reason: str | None = None
    payload: Any = KEEP
    """The payload with their edits."""


@dataclass(frozen=True)
class Verdict:
    """What became of an answer."""

    won: bool
    """False: the request was settled before."""
    approval: Approval
    """The request as it stands."""
    final: bool = False
    """Whether this answer settled it."""


@dataclass(frozen=True)
class Place:
    """Whose answer it is that somebody gives."""

    person: UUID | None
    """None: a program's, which has no place of its own."""
    role: Role
    behalf: bool = False
    """Whether somebody gives it for a person who is away."""


async def vote(session: AsyncSession, approval_id: UUID, answer: Answer, voter: Voter, actor: Actor) -> Verdict:
    """Count an answer, and settle the request if that is enough.

    Raises:
        PerdureError: `not_found`, `not_assigned`, `assignment_released`, `self_approval`, `claimed`,
            `stale_approval`, `already_answered`, or `invalid_request` for an edit that is not allowed.
    """
    approval = await lock_approval(session, approval_id)
    if approval.status != PENDING:
        return Verdict(won=False, approval=approval)
    place = await entitled(session, approval, voter)
    if answer.digest != approval.digest:
        raise PerdureError(
            ErrorCode.STALE_APPROVAL,
            "The request has changed since you were shown it. Look at it again, then decide.",
            details={"digest": approval.digest, "revision": approval.revision},
        )
    refuse_second(await votes_of(session, approval), approval.stage, voter, place)
    if answer.payload is not KEEP and await _edit(session, approval, answer, actor):
        anew = await _place(session, approval, voter)
        if anew is None:  # The first stage looks at what they have edited, and they are not asked there.
            return Verdict(won=True, approval=approval)
        place = anew
    session.add(_row(approval, answer, voter, place))
    await session.flush()
    return await _count(session, approval, answer, actor)


async def entitled(session: AsyncSession, approval: Approval, voter: Voter) -> Place:
    """In whose place somebody answers now.

    Raises:
        PerdureError: `self_approval`, `claimed`, `forbidden`, `assignment_released`, `not_assigned`.
    """
    if voter.id is not None and voter.id in approval.excluded:
        message = "You started this run or published its workflow, and the request keeps these duties apart."
        raise PerdureError(ErrorCode.SELF_APPROVAL, message)
    if approval.claimed_by is not None and approval.claimed_by != voter.id:
        raise PerdureError(
            ErrorCode.CLAIMED,
            f"{approval.claimed_by_name} has claimed this request; ask them to release it.",
            details={"claimed_by": approval.claimed_by_name},
        )
    if approval.settings.get("owners_only"):
        _refuse_others_than_owners(voter)
        if voter.kind == "operator":
            return Place(None, voter.role)
    place = await _place(session, approval, voter)
    if place is None:
        raise await _unassigned(session, approval, voter)
    return place


def _refuse_others_than_owners(voter: Voter) -> None:
    """Keys are not asked either: what they may do is less than what their owner may."""
    if voter.kind == "key" or voter.role is not Role.OWNER:
        message = "Only an owner of the workspace may answer this: it changes what the workspace may spend."
        raise PerdureError(ErrorCode.FORBIDDEN, message)


async def _place(session: AsyncSession, approval: Approval, voter: Voter) -> Place | None:
    asked = await asked_in(session, approval, approval.stage)
    if set(await principals_of_voter(session, voter)) & set(asked):
        return Place(voter.id if voter.kind == "user" else None, voter.role)
    if voter.kind == "user" and voter.id is not None:
        for absent, role in await absent_for(session, voter.id):
            if absent not in approval.excluded and set(await principals_of_user(session, absent, role)) & set(asked):
                return Place(absent, role, behalf=True)
    return None


def refuse_second(votes: Sequence[ApprovalVote], stage: int, voter: Voter, place: Place) -> None:
    """Refuse a second answer in a stage, also one that a person and their substitute would give between them.

    Raises:
        PerdureError: `already_answered`.
    """
    for earlier in votes:
        own = (earlier.voter_kind, earlier.voter_id) == (voter.kind, voter.id)
        same_place = place.person is not None and place.person in (earlier.voter_id, earlier.behalf_of)
        if earlier.stage != stage or not (own or same_place):
            continue
        message = f"{earlier.voter_name} has answered in this place already: {earlier.decision}."
        if own:
            message = f"You have answered already: {earlier.decision}. Take that back first if you think otherwise now."
        raise PerdureError(ErrorCode.ALREADY_ANSWERED, message, details={"decision": earlier.decision})


async def asked_in(session: AsyncSession, approval: Approval, stage: int) -> Sequence[str]:
    """Principals that may answer in a stage."""
    query = select(ApprovalAssignee.principal).where(
        ApprovalAssignee.approval_id == approval.id, ApprovalAssignee.stage == stage
    )
    return (await session.scalars(query)).all()


async def votes_of(session: AsyncSession, approval: Approval) -> list[ApprovalVote]:
    """Votes on the request as it stands, the oldest first."""
    query = select(ApprovalVote).where(
        ApprovalVote.approval_id == approval.id, ApprovalVote.revision == approval.revision
    )
    return list(await session.scalars(query.order_by(ApprovalVote.created_at)))


def outcome_of(stage: Stage, votes: Sequence[str], voters: int | None) -> str | None:
    """What the votes of a stage mean; nothing while they are not enough.

    Args:
        stage: What it needs.
        votes: The decisions so far.
        voters: How many may vote; nothing if that is anybody.
    """
    needed = needed_of(stage, voters)
    counted = Counter(votes)
    if counted[REJECTED] and stage.veto:
        return REJECTED
    for decision, number in counted.items():
        if decision != REJECTED and number >= needed:
            return decision
    if voters is None:
        return REJECTED if counted[REJECTED] >= needed else None
    left = max(voters, needed) - len(votes)
    reachable = any(number + left >= needed for decision, number in counted.items() if decision != REJECTED)
    return None if reachable or left >= needed else REJECTED


def needed_of(stage: Stage, voters: int | None) -> int:
    """How many equal votes a stage needs."""
    if stage.needs == "any":
        return 1
    return max(voters or 1, 1) if stage.needs == "all" else stage.needs


async def voters_of(session: AsyncSession, approval: Approval, stage: int) -> int | None:
    """How many people may vote in a stage; nothing if that is whoever has the permission."""
    asked = await asked_in(session, approval, stage)
    return None if ANYONE in asked else len(await people_behind(session, asked, approval.excluded))


async def _count(session: AsyncSession, approval: Approval, answer: Answer, actor: Actor) -> Verdict:
    number = approval.stage
    stage = stage_of(approval, number)
    votes = [v.decision for v in await votes_of(session, approval) if v.stage == number]
    outcome = outcome_of(stage, votes, await voters_of(session, approval, number))
    last = number + 1 >= len(approval.settings.get("stages") or [{}])
    if outcome is None or (outcome == APPROVED and not last):
        facts = {"decision": answer.decision, "stage": number, "reason": answer.reason}
        await note(session, approval, "voted", actor, data=facts)
        unclaim(approval)
        if outcome is not None:
            await _next_stage(session, approval)
        return Verdict(won=True, approval=approval)
    await settle(
        session,
        approval,
        outcome,
        actor=actor,
        data=answer.data,
        reason=answer.reason,
        undo=approval.settings.get("undo") or None,
    )
    return Verdict(won=True, approval=approval, final=True)


async def _next_stage(session: AsyncSession, approval: Approval) -> None:
    approval.stage += 1
    await session.flush()
    entry = await note(session, approval, "stage", data={"stage": approval.stage})
    await tell(session, approval, Notice.OPENED, f"entry:{entry}")


def unclaim(approval: Approval) -> None:
    """Let everybody answer who is asked."""
    approval.claimed_by = approval.claimed_by_name = approval.claimed_at = None


async def _edit(session: AsyncSession, approval: Approval, answer: Answer, actor: Actor) -> bool:
    """Takes a person's edits. Where several answer, all others must see them first: their votes begin anew.

    Returns:
        Whether the votes begin anew. They do not for a rejection, whose edits nobody needs to see.
    """
    current, payload = approval.payload if approval.final_payload is None else approval.final_payload, answer.payload
    paths = list(changed_paths(current, payload))
    editable = approval.settings.get("editable", [])
    if refused := [path or "payload" for path in paths if not may_edit(editable, path)]:
        raise PerdureError(
            ErrorCode.INVALID_REQUEST,
            f"These fields may not be edited here: {', '.join(refused[:20])}.",
            details={"fields": refused[:100], "editable": editable},
        )
    stages = approval.settings.get("stages") or [{}]
    several = len(stages) > 1 or stage_of(approval, 0).needs not in ("any", 1)
    if not paths or (several and answer.decision == REJECTED):
        return False
    await note(session, approval, "edited", actor, data={"fields": paths[:100], "before": current, "after": payload})
    approval.final_payload = payload
    if several:
        approval.payload = payload
        await begin_revision(session, approval, actor)
    return several


async def begin_revision(session: AsyncSession, approval: Approval, actor: Actor, why: str | None = None) -> None:
    """The question has changed: a new digest, nobody has answered it yet, and all others are asked again.

    Args:
        session: The transaction.
        approval: The request, locked.
        actor: Who has changed it.
        why: What they say about it.
    """
    approval.revision += 1
    if approval.stage != 0:
        approval.stage = 0
        unclaim(approval)
    approval.digest = digest_of(
        title=approval.title,
        body=approval.body,
        payload=approval.payload,
        form=approval.form,
        decisions=approval.decisions,
        settings=approval.settings,
    )
    approval.words = words_of(approval.title, approval.node_name, approval.tags, approval.body, approval.payload)
    await session.flush()
    await tell(session, approval, Notice.OPENED, f"{AGAIN}{approval.revision}", actor=actor, text=why)


def _row(approval: Approval, answer: Answer, voter: Voter, place: Place) -> ApprovalVote:
    return ApprovalVote(
        workspace_id=approval.workspace_id,
        approval_id=approval.id,
        stage=approval.stage,
        revision=approval.revision,
        voter_kind=voter.kind,
        voter_id=voter.id,
        voter_name=voter.name,
        behalf_of=place.person if place.behalf else None,
        decision=answer.decision,
        data=answer.data,
        payload=None if answer.payload is KEEP else answer.payload,
        reason=answer.reason,
        digest=approval.digest,
    )


async def _unassigned(session: AsyncSession, approval: Approval, voter: Voter) -> PerdureError:
    released = await session.scalar(
        select(ApprovalEntry.id)
        .where(
            ApprovalEntry.approval_id == approval.id,
            ApprovalEntry.kind.in_(("delegated", "unassigned")),
            ApprovalEntry.data["from"].astext == str(voter.id),
        )
        .limit(1)
    )
    if released is not None:
        message = "This request was yours, but it was given to somebody else."
        return PerdureError(ErrorCode.ASSIGNMENT_RELEASED, message)
    message = "You are not among those who are asked; ask one of them, or an admin to assign it to you."
    return PerdureError(ErrorCode.NOT_ASSIGNED, message)
