"""Queries on the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.audit.filters import AuditFilter
from db.tables import AuditEntry, AuditLink

Place = tuple[datetime, int]
"""Where an entry stands in the log."""

Found = tuple[AuditEntry, AuditLink | None]
"""An entry and its place in the chain, which it has unless somebody has tampered with the log."""

_ORDER: Any = (AuditEntry.at, AuditEntry.id)


async def latest(session: AsyncSession, wanted: AuditFilter, before: Place | None, limit: int) -> list[Found]:
    """Entries, the latest first."""
    query = _entries(wanted)
    if before is not None:
        query = query.where(tuple_(*_ORDER) < before)
    rows = await session.execute(query.order_by(*(column.desc() for column in _ORDER)).limit(limit))
    return [(row[0], row[1]) for row in rows]


async def earliest(
    session: AsyncSession, wanted: AuditFilter, after: Place | None, last: datetime, limit: int
) -> list[Found]:
    """Entries up to a time, in the order in which they were written."""
    query = _entries(wanted).where(AuditEntry.at <= last)
    if after is not None:
        query = query.where(tuple_(*_ORDER) > after)
    return [(row[0], row[1]) for row in await session.execute(query.order_by(*_ORDER).limit(limit))]


async def now(session: AsyncSession) -> datetime:
    """The time by which entries are stamped."""
    moment: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return moment


def _entries(wanted: AuditFilter) -> Any:
    linked = select(AuditEntry, AuditLink).outerjoin(AuditLink, AuditLink.entry_id == AuditEntry.id)
    return linked.where(*wanted.conditions())
