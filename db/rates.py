"""Rates that all processes keep to together: buckets in the database that fill up within a minute."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_TAKE: Final = text("SELECT rate_take(:workspace, :key, :size, NULL, 0)")


async def take(session: AsyncSession, workspace_id: UUID, key: str, per_minute: int) -> float:
    """Take one from a bucket.

    Args:
        session: A short transaction: the bucket is locked until it ends.
        workspace_id: Whose bucket it is.
        key: What is limited, such as `hook/<id>`.
        per_minute: Size of the bucket.

    Returns:
        0, or the seconds after which there will be one if nothing was taken.
    """
    values = {"workspace": workspace_id, "key": key, "size": float(per_minute)}
    return float((await session.execute(_TAKE, values)).scalar_one())
