"""Queries on what waits; those on the whole installation count and name nothing."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.system.models import Lags
from db.tables import Approval, OutboxRow, Run
from schemas.messages import UNFINISHED, RunStatus


async def read_lags(session: AsyncSession) -> Lags:
    """What waits, of all workspaces.

    Args:
        session: A system session.
    """
    pending = Run.status == RunStatus.PENDING
    undelivered = OutboxRow.delivered_at.is_(None)
    return Lags(
        oldest_pending_run_seconds=await _age(session, select(func.min(Run.created_at)).where(pending)),
        dispatch_seconds=await _age(
            session, select(func.min(Run.created_at)).where(pending, Run.dispatched_at.is_(None))
        ),
        signals=int(await session.scalar(select(func.count()).select_from(OutboxRow).where(undelivered)) or 0),
        oldest_signal_seconds=await _age(session, select(func.min(OutboxRow.created_at)).where(undelivered)),
    )


async def count_unfinished(session: AsyncSession) -> Mapping[str, int]:
    """Runs that have not ended, by status, as far as the session sees."""
    query = select(Run.status, func.count()).where(Run.status.in_(UNFINISHED)).group_by(Run.status)
    found = {row[0]: row[1] for row in await session.execute(query)}
    return {status.value: found.get(status, 0) for status in UNFINISHED}


async def count_pending_approvals(session: AsyncSession) -> int:
    """Open approvals, as far as the session sees."""
    return int(await session.scalar(select(func.count()).where(Approval.status == "pending")) or 0)


async def _age(session: AsyncSession, since: Select[Any]) -> float:
    age: ColumnElement[float] = cast(func.extract("epoch", func.clock_timestamp() - since.scalar_subquery()), Float)
    return max(0.0, float(await session.scalar(select(age)) or 0.0))
