"""Queries on API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import ApiKey, User

Found = tuple[ApiKey, User | None]
"""A key and who made it, if they are still a member."""


async def find_key(session: AsyncSession, key_id: UUID) -> Found | None:
    """A key."""
    row = (await session.execute(_keys().where(ApiKey.id == key_id))).one_or_none()
    return None if row is None else (row[0], row[1])


async def list_keys(
    session: AsyncSession, *, ended: bool, before: tuple[datetime, UUID] | None, limit: int
) -> list[Found]:
    """Keys, the newest first; those that are revoked or expired only if asked for."""
    query = _keys()
    if not ended:
        unexpired = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > func.now())
        query = query.where(ApiKey.revoked_at.is_(None), unexpired)
    if before is not None:
        query = query.where(tuple_(ApiKey.created_at, ApiKey.id) < before)
    rows = await session.execute(query.order_by(ApiKey.created_at.desc(), ApiKey.id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


async def revoke_key(session: AsyncSession, key_id: UUID) -> bool:
    """End a key; whether it had not ended before."""
    ended = update(ApiKey).where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
    ended = ended.values(revoked_at=func.clock_timestamp())
    return (await session.execute(ended.returning(ApiKey.id))).one_or_none() is not None


def _keys() -> "Select[ApiKey, User | None]":
    return select(ApiKey, User).outerjoin(User, User.id == ApiKey.created_by)
