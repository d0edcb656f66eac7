"""Writes down what people should hear of, in the transaction that makes it happen; a sweep tells them."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, ScalarSelect, Text, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import Actor
from db.tables import Approval, ApprovalAssignee, Notification
from schemas.notifications import CALLS, Notice

_TEXT_CHARS: Final = 4_000
AGAIN: Final = "again:"
"""How keys begin of what asks people once more: somebody has changed the question, or taken an answer back."""


async def tell(
    session: AsyncSession,
    approval: Approval,
    notice: Notice,
    key: str,
    *,
    actor: Actor | None = None,
    principals: Sequence[str] | None = None,
    text: str | None = None,
) -> None:
    """Let people hear of something once the transaction commits.

    Args:
        session: The transaction.
        approval: The request that it is about.
        notice: What has happened.
        key: Makes it unique within the request, so that a repeated activity tells nobody twice.
        actor: Who did it and needs not hear of it; Perdure itself by default.
        principals: Who should hear of it; those who are asked by default.
        text: What somebody wrote.
    """
    row = insert(Notification).values(
        workspace_id=approval.workspace_id,
        approval_id=approval.id,
        event=notice.value,
        stage=approval.stage,
        principals=_asked(approval, notice) if principals is None else list(principals),
        actor_id=None if actor is None else actor.id,
        actor_name="Perdure" if actor is None else actor.name,
        text=None if text is None else text[:_TEXT_CHARS],
        key=key,
    )
    await session.execute(row.on_conflict_do_nothing())


def _asked(approval: Approval, notice: Notice) -> ScalarSelect[Any]:
    """Those who are asked at this moment; who is asked later hears by their own message."""
    stage = ApprovalAssignee.stage
    # Of a later stage nobody has heard yet.
    within = stage == approval.stage if notice in CALLS else stage <= approval.stage
    query = select(func.coalesce(func.array_agg(ApprovalAssignee.principal.distinct()), cast([], ARRAY(Text))))
    return query.where(ApprovalAssignee.approval_id == approval.id, within).scalar_subquery()
