"""Turns what people should hear of into messages: one for each place, at once or gathered in a digest."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.approvals.telling import AGAIN
from db.notifications.recipients import Recipient, answerers, recipients
from db.notifications.timing import hold_until
from db.tables import Approval, Notification, NotificationChannel, NotificationMessage
from schemas.approvals import Priority
from schemas.notifications import DIGEST, EMAIL, Notice


@dataclass(frozen=True)
class Place:
    """Where a message goes."""

    kind: str
    address: str
    channel_id: UUID | None = None
    user_id: UUID | None = None

    @property
    def key(self) -> str:
        """Tells it from other places of the workspace."""
        return f"{self.user_id or ''}:{self.channel_id or EMAIL}"


async def address_waiting(session: AsyncSession, limit: int, *, mail: bool) -> int:
    """Write the messages of notifications of a workspace; how many notifications there were.

    Args:
        session: A transaction in the workspace.
        limit: How many at most.
        mail: Whether this installation has a mail server.
    """
    query = select(Notification).where(Notification.addressed_at.is_(None)).order_by(Notification.id).limit(limit)
    waiting = list(await session.scalars(query.with_for_update(skip_locked=True)))
    if not waiting:
        return 0
    channels = list(await session.scalars(select(NotificationChannel).where(NotificationChannel.enabled)))
    mail = mail or any(channel.kind == EMAIL for channel in channels)
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    for told in waiting:
        await _address(session, told, channels, now, mail=mail)
        told.addressed_at = now
    return len(waiting)


async def _address(
    session: AsyncSession, told: Notification, channels: list[NotificationChannel], now: datetime, *, mail: bool
) -> None:
    approval = await session.scalar(select(Approval).where(Approval.id == told.approval_id))
    if approval is None and told.session_id is None:
        return
    for room in channels:
        if room.user_id is None and room.kind != EMAIL and told.event in room.events:
            await _write(session, told, Place(room.kind, room.name, room.id), now)
    own = {str(channel.id): channel for channel in channels if channel.user_id is not None}
    if not mail and not own:
        return
    urgent = approval is None or approval.priority >= Priority.URGENT  # in a conversation somebody waits right now
    hearing = await answerers(session, told) if approval is None else await recipients(session, told, approval)
    for person in hearing:
        until = hold_until(person.wanted, now, urgent=urgent)
        for place in _places(person, told.event, own, mail=mail):
            await _write(session, told, place, now, until)


def _places(person: Recipient, event: str, own: dict[str, NotificationChannel], *, mail: bool) -> list[Place]:
    found = []
    for name in dict.fromkeys(person.wanted.events.get(Notice(event), ())):
        channel = own.get(name)
        if name == EMAIL and mail:
            found.append(Place(EMAIL, person.email, None, person.user_id))
        elif channel is not None and channel.user_id == person.user_id:
            found.append(Place(channel.kind, channel.name, channel.id, person.user_id))
    return found


async def _write(
    session: AsyncSession, told: Notification, place: Place, now: datetime, until: datetime | None = None
) -> None:
    digest = None if until is None else await _digest(session, told.workspace_id, place, until)
    row = {
        **_columns(told.workspace_id, place),
        "approval_id": told.approval_id,
        "session_id": told.session_id,
        "event": told.event,
        "facts": {"by": told.actor_name, "text": told.text, "again": told.key.startswith(AGAIN)},
        "send_after": until or now,
        "gathered_by": digest,
        "key": f"{told.id}:{place.key}",
    }
    await session.execute(insert(NotificationMessage).values(row).on_conflict_do_nothing())


async def _digest(session: AsyncSession, workspace_id: UUID, place: Place, at: datetime) -> UUID | None:
    """The digest of a place that is sent at a moment; nothing if that one is on its way already."""
    key = f"digest:{place.key}:{at.isoformat()}"
    row = {**_columns(workspace_id, place), "event": DIGEST, "send_after": at, "key": key}
    await session.execute(insert(NotificationMessage).values(row).on_conflict_do_nothing())
    # Locked: it is not sent before the messages that it carries are written.
    query = select(NotificationMessage.id).where(
        NotificationMessage.key == key, NotificationMessage.status == "pending", NotificationMessage.attempts == 0
    )
    found: UUID | None = await session.scalar(query.with_for_update())
    return found


def _columns(workspace_id: UUID, place: Place) -> dict[str, Any]:
    return {
        "workspace_id": workspace_id,
        "kind": place.kind,
        "address": place.address,
        "channel_id": place.channel_id,
        "user_id": place.user_id,
    }
