"""Queries on approvals."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Approval


async def find_approval(session: AsyncSession, approval_id: UUID) -> Approval | None:
    """An approval."""
    return (await session.scalars(select(Approval).where(Approval.id == approval_id))).one_or_none()


async def list_approvals(
    session: AsyncSession,
    *,
    status: str | None,
    run_id: UUID | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Approval]:
    """Approvals, the oldest first."""
    query = select(Approval)
    if status is not None:
        query = query.where(Approval.status == status)
    if run_id is not None:
        query = query.where(Approval.run_id == run_id)
    if after is not None:
        query = query.where(tuple_(Approval.created_at, Approval.id) > after)
    return list(await session.scalars(query.order_by(Approval.created_at, Approval.id).limit(limit)))
