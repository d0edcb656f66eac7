"""Requests as the API shows them."""

from typing import cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.access.permissions import Permission
from api.approvals import models
from db.approvals.history import read_history
from db.approvals.opening import stage_of
from db.approvals.principals import Voter
from db.approvals.settling import PENDING
from db.approvals.voting import entitled, needed_of, refuse_second, voters_of, votes_of
from db.tables import Approval, ApprovalAssignee, ApprovalVote, Group, User
from schemas.approvals import REJECTED, Priority, PriorityName, ReasonRule
from schemas.errors import ErrorCode, PerdureError


def voter_of(caller: Caller) -> Voter:
    """The caller as somebody who answers."""
    return Voter(kind=caller.kind, id=caller.id, name=caller.name, role=caller.role)


def describe(approval: Approval) -> models.Approval:
    """The row as lists show it."""
    settings = models.settings_of(approval.settings)
    payload = approval.payload if approval.final_payload is None else approval.final_payload
    return models.Approval(
        id=approval.id,
        run_id=approval.run_id,
        run_attempt=approval.run_attempt,
        workflow=approval.workflow_slug,
        path=approval.path,
        iteration=approval.iteration,
        node_name=approval.node_name,
        purpose=cast("models.Purpose", approval.purpose),
        title=approval.title,
        body=approval.body,
        payload=payload,
        show=[view.model_dump(mode="json") for view in settings.show],
        form=approval.form,
        defaults=settings.defaults,
        editable=settings.editable,
        decisions=_options(approval, settings.reason, settings.reasons_for),
        reason_rule=settings.reason,
        priority=cast("PriorityName", Priority(approval.priority).name.lower()),
        tags=list(approval.tags),
        digest=approval.digest,
        revision=approval.revision,
        status=models.ApprovalStatus(approval.status),
        stage=approval.stage,
        stages=len(settings.stages),
        decision=approval.decision,
        data=approval.data,
        reason=approval.reason,
        decided_by=approval.decided_by,
        decided_by_kind=approval.decided_by_kind,
        decided_at=approval.decided_at,
        claimed_by=approval.claimed_by_name,
        claimed_by_id=approval.claimed_by,
        undo_until=approval.undo_until,
        due_at=approval.due_at,
        created_at=approval.created_at,
    )


async def describe_whole(session: AsyncSession, approval: Approval, caller: Caller) -> models.ApprovalDetail:
    """The row with its votes, its history, and what the caller may do."""
    votes = await votes_of(session, approval)
    why_not = await _why_not(session, approval, caller, votes)
    settings = models.settings_of(approval.settings)
    return models.ApprovalDetail(
        **describe(approval).model_dump(),
        may_decide=why_not is None,
        why_not=why_not,
        claimable=why_not is None and approval.claimed_by is None and caller.kind == "user",
        separation_of_duties=settings.separation_of_duties,
        stage_states=await _stages(session, approval, len(settings.stages), votes),
        votes=[
            models.Vote(stage=v.stage, by=v.voter_name, decision=v.decision, reason=v.reason, at=v.created_at)
            for v in votes
        ],
        history=[
            models.HistoryEntry(
                id=e.id,
                kind=e.kind,
                text=e.text,
                data=e.data,
                by=e.actor_name,
                by_kind=e.actor_kind,
                at=e.created_at,
            )
            for e in await read_history(session, approval.id)
        ],
    )


async def _why_not(session: AsyncSession, approval: Approval, caller: Caller, votes: list[ApprovalVote]) -> str | None:
    if approval.status != PENDING:
        return f"This was answered already: {approval.decision or approval.status}."
    if not caller.may(Permission.APPROVALS_DECIDE):
        return f"Your role, {caller.role}, does not decide."
    voter = voter_of(caller)
    try:
        refuse_second(votes, approval.stage, voter, await entitled(session, approval, voter))
    except PerdureError as refusal:
        return refusal.info.message
    return None


async def _stages(
    session: AsyncSession, approval: Approval, count: int, votes: list[ApprovalVote]
) -> list[models.StageState]:
    names = await _names(session, approval)
    found = []
    for number in range(count):
        stage, voters = stage_of(approval, number), await voters_of(session, approval, number)
        found.append(
            models.StageState(
                name=stage.name,
                needed=needed_of(stage, voters),
                voters=voters,
                votes=sum(vote.stage == number for vote in votes),
                veto=stage.veto,
                assignees=names.get(number, []),
            )
        )
    return found


async def _names(session: AsyncSession, approval: Approval) -> dict[int, list[str]]:
    """Who is asked in each stage, as people read it."""
    query = select(ApprovalAssignee).where(ApprovalAssignee.approval_id == approval.id)
    rows = list(await session.scalars(query.order_by(ApprovalAssignee.stage, ApprovalAssignee.principal)))
    users = select(User.id, User.email).where(User.id.in_(_ids(rows, "user:")))
    groups = select(Group.id, Group.name).where(Group.id.in_(_ids(rows, "group:")))
    names = {f"user:{user}": email for user, email in await session.execute(users)}
    names |= {f"group:{group}": f"group:{name}" for group, name in await session.execute(groups)}
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.stage, []).append(names.get(row.principal, row.principal))
    return found


def _ids(rows: list[ApprovalAssignee], prefix: str) -> set[UUID]:
    return {UUID(row.principal.removeprefix(prefix)) for row in rows if row.principal.startswith(prefix)}


def _options(approval: Approval, rule: ReasonRule, named: list[str]) -> list[models.DecisionOption]:
    return [
        models.DecisionOption(
            name=name,
            label=label,
            needs_reason=rule is ReasonRule.REQUIRED
            or name in named
            or (rule is ReasonRule.ON_REJECT and name == REJECTED),
        )
        for name, label in approval.decisions
    ]


REFUSALS = frozenset(
    {
        ErrorCode.NOT_FOUND,
        ErrorCode.ALREADY_DECIDED,
        ErrorCode.ALREADY_ANSWERED,
        ErrorCode.STALE_APPROVAL,
        ErrorCode.CLAIMED,
        ErrorCode.SELF_APPROVAL,
        ErrorCode.NOT_ASSIGNED,
        ErrorCode.ASSIGNMENT_RELEASED,
        ErrorCode.UNDO_REFUSED,
        ErrorCode.LINK_EXPIRED,
        ErrorCode.LINK_USED,
    }
)
"""Codes of refusals that go into the audit log."""
