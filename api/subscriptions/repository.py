"""Queries on subscriptions and callbacks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from db.tables import Callback, Subscription


async def find(session: AsyncSession, subscription_id: UUID, *, lock: bool = False) -> Subscription | None:
    """A subscription; with its secrets if it is to be changed."""
    query = select(Subscription).where(Subscription.id == subscription_id)
    if lock:
        query = query.options(undefer(Subscription.sealed)).with_for_update()
    found: Subscription | None = await session.scalar(query)
    return found


async def count(session: AsyncSession) -> int:
    """How many subscriptions the workspace has."""
    return await session.scalar(select(func.count()).select_from(Subscription)) or 0


async def list_all(session: AsyncSession, before: tuple[datetime, UUID] | None, limit: int) -> list[Subscription]:
    """Subscriptions, the newest first."""
    query = select(Subscription)
    if before is not None:
        query = query.where(tuple_(Subscription.created_at, Subscription.id) < before)
    newest = (Subscription.created_at.desc(), Subscription.id.desc())
    return list(await session.scalars(query.order_by(*newest).limit(limit)))


async def find_callback(session: AsyncSession, subscription_id: UUID, callback_id: UUID) -> Callback | None:
    """One delivery."""
    query = select(Callback).where(Callback.id == callback_id, Callback.subscription_id == subscription_id)
    found: Callback | None = await session.scalar(query)
    return found


async def list_callbacks(
    session: AsyncSession,
    subscription_id: UUID,
    *,
    status: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Callback]:
    """Deliveries, the newest first."""
    query = select(Callback).where(Callback.subscription_id == subscription_id)
    if status is not None:
        query = query.where(Callback.status == status)
    if before is not None:
        query = query.where(tuple_(Callback.created_at, Callback.id) < before)
    newest = (Callback.created_at.desc(), Callback.id.desc())
    return list(await session.scalars(query.order_by(*newest).limit(limit)))
