"""Handing events to the steps that wait for them."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.events.models import PublishedEvent, PublishEvent
from db.tables import Waiter
from db.waits import publish_event


async def publish(session: AsyncSession, workspace_id: UUID, body: PublishEvent, key: str | None) -> PublishedEvent:
    """Hand an event to the oldest waiter, or keep it.

    Raises:
        PerdureError: `idempotency_mismatch`.
    """
    published = await publish_event(session, workspace_id, body.type, body.key, body.data, idempotency_key=key)
    event = published.event
    run_id = None
    if event.waiter_id is not None:
        run_id = await session.scalar(select(Waiter.run_id).where(Waiter.id == event.waiter_id))
    return PublishedEvent(id=event.id, type=event.type, key=event.key, created_at=event.created_at, run_id=run_id)
