"""Queries on quotas and usage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, cast, func, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Quotas, QuotaStarts, Run, UsageDay, UsageEntry
from schemas.messages import UNFINISHED

_MINUTE: Final = timedelta(minutes=1)
_SECONDS_KEPT: Final = 61
"""A second of starts is forgotten when it is over for a minute."""


@dataclass(frozen=True)
class Spent:
    """What was spent on one day."""

    day: date
    tokens_in: int
    tokens_out: int
    cost_usd: Decimal


async def find_quotas(session: AsyncSession, workspace_id: UUID) -> Quotas | None:
    """The quotas that were set."""
    return await session.get(Quotas, workspace_id)


async def lock_quotas(session: AsyncSession, workspace_id: UUID) -> Quotas:
    """The quotas, locked until the transaction ends; a row without limits if there was none."""
    await session.execute(insert(Quotas).values(workspace_id=workspace_id).on_conflict_do_nothing())
    query = select(Quotas).where(Quotas.workspace_id == workspace_id)
    return (await session.scalars(query.with_for_update(key_share=True))).one()


async def change_quotas(session: AsyncSession, quotas: Quotas, changes: Mapping[str, Any]) -> None:
    """Write other limits."""
    for name, value in changes.items():
        setattr(quotas, name, Decimal(str(value)) if isinstance(value, float) else value)
    quotas.updated_at = func.clock_timestamp()
    await session.flush()
    await session.refresh(quotas)


async def count_unfinished(session: AsyncSession, workspace_id: UUID) -> int:
    """Runs that have not ended, without child runs."""
    query = select(func.count()).where(
        Run.workspace_id == workspace_id, Run.status.in_(UNFINISHED), Run.parent_run_id.is_(None)
    )
    return await session.scalar(query) or 0


async def counted_starts(session: AsyncSession, workspace_id: UUID) -> tuple[int, datetime | None]:
    """Starts of the last minute as the quota counts them, and when the first of them is forgotten."""
    oldest = func.floor(func.extract("epoch", func.clock_timestamp())) - (_SECONDS_KEPT - 1)
    query = select(func.coalesce(func.sum(QuotaStarts.starts), 0), func.min(QuotaStarts.second)).where(
        QuotaStarts.workspace_id == workspace_id, QuotaStarts.second >= oldest
    )
    starts, first = (await session.execute(query)).one()
    return int(starts), None if first is None else datetime.fromtimestamp(first + _SECONDS_KEPT, UTC)


async def recent_starts(session: AsyncSession, workspace_id: UUID) -> int:
    """Runs that were created within the last minute, without child runs; for where starts are not counted."""
    query = select(func.count()).where(
        Run.workspace_id == workspace_id,
        Run.created_at > func.clock_timestamp() - _MINUTE,
        Run.parent_run_id.is_(None),
    )
    return await session.scalar(query) or 0


async def spent_since(session: AsyncSession, workspace_id: UUID, first: date) -> list[Spent]:
    """What was spent on each day from `first` on, in UTC."""
    begins = datetime(first.year, first.month, first.day, tzinfo=UTC)
    day = cast(func.timezone("UTC", UsageEntry.at), Date)
    parts = union_all(
        select(UsageDay.day.label("day"), UsageDay.tokens_in, UsageDay.tokens_out, UsageDay.cost_usd).where(
            UsageDay.workspace_id == workspace_id, UsageDay.day >= first
        ),
        select(day, UsageEntry.tokens_in, UsageEntry.tokens_out, UsageEntry.cost_usd).where(
            UsageEntry.workspace_id == workspace_id, UsageEntry.at >= begins
        ),
    ).subquery()
    of = parts.c
    query = select(of.day, func.sum(of.tokens_in), func.sum(of.tokens_out), func.sum(of.cost_usd))
    rows = await session.execute(query.group_by(of.day).order_by(of.day))
    return [Spent(row[0], int(row[1]), int(row[2]), row[3]) for row in rows]
