"""What has happened to a request, in its own words; written in the transaction that makes it happen."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import Actor
from db.effects import effects
from db.tables import Approval, ApprovalEntry

COMMENT, QUESTION, ANSWER = "comment", "question", "answer"
"""Kinds of entries that somebody wrote; all others were written by what happened."""


async def note(
    session: AsyncSession,
    approval: Approval,
    kind: str,
    actor: Actor | None = None,
    *,
    text: str | None = None,
    data: dict[str, Any] | None = None,
    key: str | None = None,
) -> int | None:
    """Add an entry.

    Args:
        session: The transaction.
        approval: The request.
        kind: What happened, such as `claimed`.
        actor: Who did it; Perdure itself by default.
        text: What somebody wrote.
        data: Details.
        key: Makes the entry unique within the request.

    Returns:
        Its number, or nothing if there is one with this key already.
    """
    row = insert(ApprovalEntry).values(
        workspace_id=approval.workspace_id,
        approval_id=approval.id,
        kind=kind,
        text=text,
        data=data,
        key=key,
        actor_kind="system" if actor is None else actor.kind,
        actor_id=None if actor is None else actor.id,
        actor_name="Perdure" if actor is None else actor.name,
    )
    entry: int | None = await session.scalar(row.on_conflict_do_nothing().returning(ApprovalEntry.id))
    effects(session).runs.add(approval.run_id)  # whoever watches the inbox hears of it
    return entry


async def read_history(session: AsyncSession, approval_id: UUID) -> list[ApprovalEntry]:
    """All entries of a request, the oldest first."""
    query = select(ApprovalEntry).where(ApprovalEntry.approval_id == approval_id)
    return list(await session.scalars(query.order_by(ApprovalEntry.id)))
