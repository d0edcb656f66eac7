"""The activities `send_message` and `give_up_message`: one attempt to deliver a message, and the end of all of them."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer
from temporalio import activity

from activities.egress import Egress
from activities.egress.addresses import AddressPolicy
from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from activities.notify import chat, mail, smtp
from activities.notify.composing import Composer
from activities.notify.letters import Letter
from activities.notify.smtp import LostAnswerError, MailRoute
from activities.notify.webhook import post
from db.faults import is_outage, unavailable
from db.notifications import delivery
from db.session import Database
from db.tables import NotificationChannel, NotificationMessage
from engine.mail_settings import ReachSettings, SmtpSettings
from engine.secrets import Encryption
from engine.secrets.purposes import CHANNEL, MESSAGE
from schemas.errors import ErrorCode, PerdureError
from schemas.notifications import EMAIL, INVITATION, TEST, DeliverMessage, Undelivered


@dataclass(frozen=True)
class Post:
    """What is needed to send anything."""

    encryption: Encryption
    smtp: SmtpSettings
    reach: ReachSettings
    policy: AddressPolicy = field(default_factory=AddressPolicy)
    """Which mail servers workspaces may name."""


@dataclass(frozen=True)
class _Channel:
    """A channel with its secrets."""

    name: str
    kind: str
    settings: dict[str, Any]
    secret: dict[str, Any]


@dataclass(frozen=True)
class _Sending:
    """An attempt that is ready to be handed over."""

    message_id: UUID
    workspace_id: UUID
    attempt: int
    kind: str
    event: str
    address: str
    written_at: datetime
    letter: Letter
    channel: _Channel | None

    @property
    def identity(self) -> str:
        """The same on every attempt, so that a receiver can tell a repeat."""
        return f"msg_{self.message_id.hex}"


class NotifyServices:
    """Delivers messages."""

    def __init__(self, database: Database, egress: Egress, post: Post) -> None:
        self._database = database
        self._egress = egress
        self._post = post

    @activity.defn(name="send_message")
    async def send_message(self, order: DeliverMessage) -> None:
        """Try to deliver a message, unless there is nothing to deliver any more."""
        try:
            async with heartbeats():
                await self._send(UUID(order.workspace_id), UUID(order.message_id))
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None

    @activity.defn(name="give_up_message")
    async def give_up_message(self, order: Undelivered) -> None:
        """Write down that a message could not be delivered."""
        try:
            async with self._database.tenant(order.workspace_id) as session:
                await delivery.give_up(session, UUID(order.message_id), order.reason)
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None

    async def _send(self, workspace_id: UUID, message_id: UUID) -> None:
        async with self._database.tenant(workspace_id) as session:
            message = await delivery.begin(session, message_id)
            attempt = 0 if message is None else message.attempts
        if message is None:
            return
        try:
            sending = await self._prepare(workspace_id, message_id)
            if sending is None or not await self._hand_over(sending):
                return
        except PerdureError as error:
            async with self._database.tenant(workspace_id) as session:
                known = not isinstance(error, LostAnswerError)
                await delivery.failed_attempt(session, message_id, attempt, error.info.message, known=known)
            raise
        async with self._database.tenant(workspace_id) as session:
            await delivery.sent(session, message_id)

    async def _prepare(self, workspace_id: UUID, message_id: UUID) -> _Sending | None:
        """What is to be sent and through what; nothing if it means nothing any more."""
        async with self._database.tenant(workspace_id) as session:
            query = select(NotificationMessage).where(NotificationMessage.id == message_id).with_for_update()
            message = await session.scalar(query.options(undefer(NotificationMessage.sealed)))
            if message is None or message.status not in delivery.UNSENT:
                return None
            if why := await delivery.obsolete(session, message):
                await delivery.skip(session, message, why)
                return None
            channel = await self._channel(session, message)
            if channel is None and (message.kind != EMAIL or self._post.smtp.host is None):
                why = "The channel was removed or turned off, or there is no mail server."
                await delivery.skip(session, message, why)
                return None
            letter = await Composer(session, self._post.reach).letter(message, self._opened(message))
            if letter is None:
                await delivery.skip(session, message, "There was nothing left to tell.")
                return None
            return _Sending(
                message_id=message_id,
                workspace_id=workspace_id,
                attempt=message.attempts,
                kind=message.kind,
                event=message.event,
                address=message.address,
                written_at=message.created_at,
                letter=letter,
                channel=channel,
            )

    async def _channel(self, session: AsyncSession, message: NotificationMessage) -> _Channel | None:
        """The channel of a message; for a mail the workspace's own mail server, if it has one.

        An invitation goes through the installation's: who gets its link proves that the mailbox is theirs, and whoever
        runs the workspace's server could read it.
        """
        if message.event == INVITATION and (self._post.smtp.host is not None or message.facts.get("verifies")):
            return None
        query = select(NotificationChannel).options(undefer(NotificationChannel.sealed))
        if message.event != TEST:  # a channel is tried out before it is turned on
            query = query.where(NotificationChannel.enabled)
        if message.channel_id is not None:
            query = query.where(NotificationChannel.id == message.channel_id)
        else:
            own_server = NotificationChannel.kind == EMAIL
            query = query.where(own_server).order_by(NotificationChannel.created_at).limit(1)
        found = await session.scalar(query)
        if found is None:
            return None
        text = self._post.encryption.decrypt(CHANNEL, found.workspace_id, found.id, found.sealed)
        return _Channel(found.name, found.kind, found.settings, json.loads(text))

    def _opened(self, message: NotificationMessage) -> dict[str, Any]:
        if message.sealed is None:
            return {}
        text = self._post.encryption.decrypt(MESSAGE, message.workspace_id, message.id, message.sealed)
        found: dict[str, Any] = json.loads(text)
        return found

    async def _hand_over(self, sending: _Sending) -> bool:
        async def before() -> bool:
            async with self._database.tenant(sending.workspace_id) as session:
                return await delivery.hand_over(session, sending.message_id, sending.attempt)

        return await (self._mail(sending, before) if sending.kind == EMAIL else self._webhook(sending, before))

    async def _mail(self, sending: _Sending, before: Callable[[], Awaitable[bool]]) -> bool:
        route = self._route(sending.channel)
        made = mail.build(
            sending.letter,
            sender=route.sender,
            recipient=sending.address,
            identity=sending.identity,
            at=sending.written_at,
        )
        sender = parseaddr(route.sender)[1]
        return await smtp.hand_in(route, self._post.policy, bytes(made), sender, sending.address, before)

    def _route(self, channel: _Channel | None) -> MailRoute:
        own = self._post.smtp
        if channel is not None:
            return MailRoute(
                **channel.settings,
                password=channel.secret.get("password"),
                timeout=own.timeout,
                ca_file=own.ca_file,
                guarded=True,
            )
        if own.host is None:
            raise PerdureError(ErrorCode.MISSING_CREDENTIAL, "No mail server is configured (PERDURE_SMTP_HOST).")
        return MailRoute(
            host=own.host,
            port=own.port,
            security=own.security,
            sender=own.sender,
            username=own.username,
            password=None if own.password is None else own.password.get_secret_value(),
            ca_file=own.ca_file,
            timeout=own.timeout,
        )

    async def _webhook(self, sending: _Sending, before: Callable[[], Awaitable[bool]]) -> bool:
        if sending.channel is None:
            raise PerdureError(ErrorCode.INTERNAL, "A webhook has a channel.")
        if sending.kind == "slack":
            body = chat.slack(sending.letter)
        elif sending.kind == "teams":
            body = chat.teams(sending.letter)
        else:
            at = sending.written_at.isoformat()
            body = chat.program(sending.letter, event=sending.event, identity=sending.identity, at=at)
        if not await before():
            return False
        await post(self._egress, sending.channel.secret, sending.identity, body)
        return True
