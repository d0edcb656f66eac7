"""Handing events to the steps that wait for them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.events.models import PublishedEvent, PublishEvent
from db import audit
from db.audit import Actor
from db.tables import Waiter
from db.waits import publish_event


async def publish(session: AsyncSession, actor: Actor, body: PublishEvent, key: str | None) -> PublishedEvent:
    """Hand an event to the oldest waiter, or keep it.

    Raises:
        PerdureError: `idempotency_mismatch`.
    """
    published = await publish_event(session, actor.workspace_id, body.type, body.key, body.data, idempotency_key=key)
    event = published.event
    if published.created:
        about = {"type": event.type, "key": event.key}
        audit.record(session, actor, "event.published", ("event", event.id), after=about)
    run_id = None
    if event.waiter_id is not None:
        run_id = await session.scalar(select(Waiter.run_id).where(Waiter.id == event.waiter_id))
    return PublishedEvent(id=event.id, type=event.type, key=event.key, created_at=event.created_at, run_id=run_id)
