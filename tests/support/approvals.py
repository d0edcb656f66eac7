"""Answering requests in tests without the API."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.principals import Voter
from db.approvals.voting import Answer, Verdict, vote
from db.audit import Actor
from db.tables import Approval
from schemas.roles import Role


async def decide(
    session: AsyncSession,
    approval_id: UUID,
    decision: str = "approved",
    *,
    data: Any = None,
    reason: str | None = None,
    by: str = "ada@example.com",
) -> Verdict:
    """Answer as a program that has just been shown the request."""
    shown = await session.scalar(select(Approval).where(Approval.id == approval_id))
    digest = "unknown" if shown is None else shown.digest
    workspace = uuid4() if shown is None else shown.workspace_id
    voter = Voter(kind="key", id=uuid4(), name=by, role=Role.OPERATOR)
    actor = Actor(workspace_id=workspace, kind=voter.kind, id=voter.id, name=by)
    answer = Answer(decision=decision, digest=digest, data=data, reason=reason)
    return await vote(session, approval_id, answer, voter, actor)
