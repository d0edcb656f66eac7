"""Queries on channels, preferences and messages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from db.tables import NotificationChannel, NotificationMessage, NotificationPreferences


async def list_channels(session: AsyncSession, user_id: UUID | None) -> list[NotificationChannel]:
    """Channels of a person, or those of the workspace; the oldest first."""
    query = select(NotificationChannel).where(NotificationChannel.user_id.is_not_distinct_from(user_id))
    return list(await session.scalars(query.order_by(NotificationChannel.created_at, NotificationChannel.id)))


async def find_channel(
    session: AsyncSession, channel_id: UUID, user_id: UUID | None, *, lock: bool = False
) -> NotificationChannel | None:
    """A channel of a person, or one of the workspace."""
    query = select(NotificationChannel).where(
        NotificationChannel.id == channel_id, NotificationChannel.user_id.is_not_distinct_from(user_id)
    )
    if lock:
        query = query.options(undefer(NotificationChannel.sealed)).with_for_update()
    found: NotificationChannel | None = await session.scalar(query)
    return found


async def delete_channel(session: AsyncSession, channel_id: UUID) -> None:
    """Remove a channel; what waits for it is then skipped."""
    await session.execute(delete(NotificationChannel).where(NotificationChannel.id == channel_id))


async def read_preferences(session: AsyncSession, user_id: UUID) -> Any:
    """Preferences as they are stored; nothing if there are none."""
    query = select(NotificationPreferences.wanted).where(NotificationPreferences.user_id == user_id)
    return await session.scalar(query)


async def write_preferences(session: AsyncSession, workspace_id: UUID, user_id: UUID, wanted: dict[str, Any]) -> None:
    """Replace preferences."""
    row = insert(NotificationPreferences).values(workspace_id=workspace_id, user_id=user_id, wanted=wanted)
    changed = {"wanted": wanted, "updated_at": func.clock_timestamp()}
    await session.execute(row.on_conflict_do_update(index_elements=["workspace_id", "user_id"], set_=changed))


async def list_messages(
    session: AsyncSession,
    *,
    status: str | None,
    user_id: UUID | None,
    approval_id: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[NotificationMessage]:
    """Messages, the newest first."""
    query = select(NotificationMessage)
    if status is not None:
        query = query.where(NotificationMessage.status == status)
    if user_id is not None:
        query = query.where(NotificationMessage.user_id == user_id)
    if approval_id is not None:
        query = query.where(NotificationMessage.approval_id == approval_id)
    if before is not None:
        query = query.where(tuple_(NotificationMessage.created_at, NotificationMessage.id) < before)
    newest = (NotificationMessage.created_at.desc(), NotificationMessage.id.desc())
    return list(await session.scalars(query.order_by(*newest).limit(limit)))
