"""What becomes of a message, one transaction at a time.

`pending` → `sending` right before it is handed over → `sent`. An attempt that finds `sending` follows one whose answer
was lost: the other side may have the message, nobody can know. It is sent again under the same id and marked so.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Update, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.retention import forget_unruled
from db.tables import Approval, ApprovalLink, ChatSession, Notification, NotificationMessage
from schemas.notifications import CALLS
from schemas.privacy import DataClass

UNSENT: Final = ("pending", "sending")
_ERROR_CHARS: Final = 1_000
_KEPT: Final = timedelta(days=90)
_CAUSES_KEPT: Final = timedelta(days=7)


async def begin(session: AsyncSession, message_id: UUID) -> NotificationMessage | None:
    """Begin an attempt; nothing if there is nothing to send any more."""
    query = select(NotificationMessage).where(NotificationMessage.id == message_id).with_for_update()
    message: NotificationMessage | None = await session.scalar(query)
    if message is None or message.status not in UNSENT:
        return None
    message.uncertain = message.uncertain or message.status == "sending"
    message.status = "pending"
    message.attempts += 1
    await session.flush()
    return message


async def carried_by(session: AsyncSession, digest_id: UUID) -> list[NotificationMessage]:
    """Messages that a digest carries and that nobody has sent, the oldest first."""
    query = select(NotificationMessage).where(
        NotificationMessage.gathered_by == digest_id, NotificationMessage.status.in_(UNSENT)
    )
    return list(await session.scalars(query.order_by(NotificationMessage.created_at, NotificationMessage.id)))


async def obsolete(session: AsyncSession, message: NotificationMessage) -> str | None:
    """Why a message means nothing any more, if it does not: what it asks for is settled."""
    if message.session_id is not None:
        status = await session.scalar(select(ChatSession.status).where(ChatSession.id == message.session_id))
        return None if status == "human" else "The conversation was handed back before this was sent."
    if message.approval_id is None or message.event not in CALLS:
        return None
    status = await session.scalar(select(Approval.status).where(Approval.id == message.approval_id))
    return None if status == "pending" else "The request was settled before this was sent."


async def skip(session: AsyncSession, message: NotificationMessage, why: str) -> None:
    """Do not send a message."""
    message.status, message.error, message.sealed = "skipped", why, None
    await session.flush()


async def hand_over(session: AsyncSession, message_id: UUID, attempt: int) -> bool:
    """Write down that a message is handed over now; false if another attempt has taken its place."""
    mine = update(NotificationMessage).where(
        NotificationMessage.id == message_id,
        NotificationMessage.attempts == attempt,
        NotificationMessage.status == "pending",
    )
    handed = await session.scalars(mine.values(status="sending").returning(NotificationMessage.id))
    return handed.first() is not None


async def sent(session: AsyncSession, message_id: UUID) -> None:
    """The other side has it, and with it all that it carries."""
    now = func.clock_timestamp()
    await session.execute(_with_carried(message_id).values(status="sent", sent_at=now, error=None, sealed=None))


async def failed_attempt(session: AsyncSession, message_id: UUID, attempt: int, error: str, *, known: bool) -> None:
    """An attempt has failed.

    Args:
        session: The transaction.
        message_id: The message.
        attempt: Which one it was.
        error: Why, without anything secret.
        known: Whether it is certain that the other side has not taken the message.
    """
    changed: dict[str, object] = {"error": error[:_ERROR_CHARS]}
    mine = update(NotificationMessage).where(
        NotificationMessage.id == message_id,
        NotificationMessage.attempts == attempt,
        NotificationMessage.status.in_(UNSENT),
    )
    await session.execute(mine.values(**changed, **({"status": "pending"} if known else {})))


async def give_up(session: AsyncSession, message_id: UUID, error: str) -> None:
    """A message cannot be sent, and neither can what it carries."""
    failed = _with_carried(message_id).where(NotificationMessage.status.in_(UNSENT))
    why = func.coalesce(NotificationMessage.error, error[:_ERROR_CHARS])
    await session.execute(failed.values(status="failed", error=why, sealed=None))


async def forget(session: AsyncSession) -> int:
    """Delete what is old: messages, where no rule says otherwise, their causes, and links nobody can use; how much.

    Args:
        session: A system session.
    """
    now = func.clock_timestamp()
    done = delete(Notification).where(Notification.addressed_at < now - _CAUSES_KEPT)
    # A used or expired link says so for as long as its message is kept.
    links = delete(ApprovalLink).where(ApprovalLink.expires_at < now - _KEPT)
    count = await forget_unruled(session, DataClass.DELIVERIES, "notification_messages", _KEPT.days)
    for statement in (done.returning(Notification.id), links.returning(ApprovalLink.id)):
        count += len((await session.execute(statement)).all())
    return count


def _with_carried(message_id: UUID) -> Update:
    is_it = or_(NotificationMessage.id == message_id, NotificationMessage.gathered_by == message_id)
    return update(NotificationMessage).where(is_it, NotificationMessage.status != "skipped")
