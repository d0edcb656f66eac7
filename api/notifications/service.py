"""Channels with their secrets, preferences, the log, and messages that try a channel out."""

import base64
import json
import secrets
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, CallerKind
from api.errors import RequestError, not_found
from api.notifications import models, repository
from api.requests import decode_moment_cursor, encode_cursor
from db import audit
from db.notifications.recipients import preferences_of
from db.tables import NotificationChannel, NotificationMessage
from engine.secrets import Encryption
from engine.secrets.purposes import CHANNEL
from schemas.errors import ErrorCode
from schemas.notifications import EMAIL, TEST, Preferences

_MOST_OWN: Final = 10
_MOST_ROOMS: Final = 100


def person_of(caller: Caller) -> UUID:
    """The caller's user id.

    Raises:
        RequestError: `forbidden` for a program.
    """
    if caller.kind is not CallerKind.USER or caller.id is None:
        raise RequestError(ErrorCode.FORBIDDEN, "Only a person has preferences; sign in as one.")
    return caller.id


async def get_own(session: AsyncSession, user_id: UUID) -> models.OwnNotifications:
    """What a person hears of."""
    preferences = preferences_of(await repository.read_preferences(session, user_id))
    channels = [describe(channel) for channel in await repository.list_channels(session, user_id)]
    return models.OwnNotifications(preferences=preferences, channels=channels)


async def update_own(session: AsyncSession, caller: Caller, wanted: Preferences) -> models.OwnNotifications:
    """Replace what the caller hears of.

    Raises:
        RequestError: `invalid_request` for an unknown time zone or channel.
    """
    user_id = person_of(caller)
    try:
        ZoneInfo(wanted.time_zone)
    except (ValueError, OSError, KeyError):
        message = f"`time_zone`: there is no time zone {wanted.time_zone!r}; use a name such as Europe/Berlin."
        raise RequestError(ErrorCode.INVALID_REQUEST, message) from None
    known = {EMAIL, *(str(channel.id) for channel in await repository.list_channels(session, user_id))}
    if unknown := sorted({name for names in wanted.events.values() for name in names} - known):
        message = f"`events`: {unknown[0][:100]!r} is neither `email` nor one of your own channels."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    before = preferences_of(await repository.read_preferences(session, user_id)).model_dump(mode="json")
    after = wanted.model_dump(mode="json")
    await repository.write_preferences(session, caller.workspace_id, user_id, after)
    subject = ("user", user_id)
    audit.record(session, caller.actor, "notification_preferences.changed", subject, before=before, after=after)
    return await get_own(session, user_id)


async def list_rooms(session: AsyncSession) -> models.ChannelList:
    """Channels of the workspace."""
    return models.ChannelList(items=[describe(row) for row in await repository.list_channels(session, None)])


async def create(
    session: AsyncSession, caller: Caller, encryption: Encryption, body: models.CreateChannel, owner: UUID | None
) -> models.CreatedChannel:
    """Add a channel of the workspace, or a place of one person.

    Raises:
        RequestError: `conflict` if there are too many; `invalid_request` for a URL that is none.
    """
    present = await repository.list_channels(session, owner)
    if len(present) >= (_MOST_ROOMS if owner is None else _MOST_OWN):
        raise RequestError(ErrorCode.CONFLICT, "There are too many channels; delete one first.")
    identity, secret = uuid4(), _secret_of(body)
    made = NotificationChannel(
        id=identity,
        workspace_id=caller.workspace_id,
        user_id=owner,
        name=body.name,
        kind=body.kind,
        settings={} if body.mail is None else body.mail.model_dump(),
        sealed=_sealed(encryption, caller.workspace_id, identity, secret),
        hint=_hint(body.mail, secret),
        events=[] if owner is not None or body.kind == EMAIL else [event.value for event in body.events],
        enabled=True,
        created_at=datetime.now(UTC),
        created_by=caller.name,
    )
    session.add(made)
    await session.flush()
    subject = ("notification_channel", identity)
    audit.record(session, caller.actor, "notification_channel.created", subject, after=_audited(made))
    return models.CreatedChannel(**describe(made).model_dump(), signing_secret=secret.get("secret"))


async def update(
    session: AsyncSession, caller: Caller, encryption: Encryption, channel_id: UUID, body: models.UpdateChannel
) -> models.Channel:
    """Change a channel of the workspace.

    Raises:
        RequestError: `not_found`; `invalid_request` if its kind has no such setting.
    """
    channel = await find(session, channel_id, None, lock=True)
    _refuse_foreign(channel, body)
    before, text = _audited(channel), encryption.decrypt(CHANNEL, channel.workspace_id, channel.id, channel.sealed)
    secret: dict[str, Any] = json.loads(text)
    if body.url is not None:
        secret["url"] = checked_url(body.url.get_secret_value())
    if body.password is not None:
        secret["password"] = body.password.get_secret_value()
    elif body.mail is not None and body.mail.host != channel.settings.get("host"):
        # A password is not told to a server that it was not entered for.
        secret.pop("password", None)
    channel.name = body.name or channel.name
    channel.settings = channel.settings if body.mail is None else body.mail.model_dump()
    channel.events = channel.events if body.events is None else [event.value for event in body.events]
    channel.enabled = channel.enabled if body.enabled is None else body.enabled
    channel.sealed = _sealed(encryption, channel.workspace_id, channel.id, secret)
    channel.hint = _hint(body.mail or _mail_of(channel), secret)
    channel.updated_at = func.clock_timestamp()
    await session.flush()
    after = {**_audited(channel), "secret_changed": body.url is not None or body.password is not None}
    subject = ("notification_channel", channel_id)
    audit.record(session, caller.actor, "notification_channel.updated", subject, before=before, after=after)
    return describe(channel)


async def delete(session: AsyncSession, caller: Caller, channel_id: UUID, owner: UUID | None) -> None:
    """Remove a channel.

    Raises:
        RequestError: `not_found`.
    """
    channel = await find(session, channel_id, owner)
    await repository.delete_channel(session, channel_id)
    subject = ("notification_channel", channel_id)
    audit.record(session, caller.actor, "notification_channel.deleted", subject, before=_audited(channel))


async def try_out(session: AsyncSession, caller: Caller, channel_id: UUID, owner: UUID | None) -> models.SentMessage:
    """Send a test message through a channel; what becomes of it stands in the log.

    Raises:
        RequestError: `not_found`; `invalid_request` for a program that tries out a mail server.
    """
    channel = await find(session, channel_id, owner)
    if channel.kind == EMAIL and caller.kind is not CallerKind.USER:
        raise RequestError(ErrorCode.INVALID_REQUEST, "The test goes to the caller's own address; sign in as a person.")
    now = datetime.now(UTC)
    message = NotificationMessage(
        id=uuid4(),
        workspace_id=caller.workspace_id,
        user_id=caller.id if caller.kind is CallerKind.USER else None,
        channel_id=channel_id,
        event=TEST,
        kind=channel.kind,
        address=caller.name if channel.kind == EMAIL else channel.name,
        facts={"channel": channel.name, "by": caller.name},
        status="pending",
        send_after=now,
        attempts=0,
        uncertain=False,
        key=f"test:{uuid4()}",
        created_at=now,
    )
    session.add(message)
    await session.flush()
    subject, after = ("notification_channel", channel_id), {"message_id": str(message.id)}
    audit.record(session, caller.actor, "notification_channel.tested", subject, after=after)
    return describe_message(message)


async def list_messages(
    session: AsyncSession,
    *,
    status: str | None,
    user_id: UUID | None,
    approval_id: UUID | None,
    cursor: str | None,
    limit: int,
) -> models.MessagePage:
    """A page of the log."""
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_messages(
        session, status=status, user_id=user_id, approval_id=approval_id, before=before, limit=limit + 1
    )
    items = [describe_message(row) for row in rows[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.MessagePage(items=items, next_cursor=more)


async def find(
    session: AsyncSession, channel_id: UUID, owner: UUID | None, *, lock: bool = False
) -> NotificationChannel:
    """A channel.

    Raises:
        RequestError: `not_found`.
    """
    channel = await repository.find_channel(session, channel_id, owner, lock=lock)
    if channel is None:
        raise not_found("channel", channel_id)
    return channel


def describe(channel: NotificationChannel) -> models.Channel:
    """The row as the API shows it."""
    return models.Channel.model_validate(
        {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "hint": channel.hint,
            "mail": _mail_of(channel),
            "events": channel.events,
            "enabled": channel.enabled,
            "created_at": channel.created_at,
            "created_by": channel.created_by,
        }
    )


def describe_message(row: NotificationMessage) -> models.SentMessage:
    """A row of the log as the API shows it."""
    return models.SentMessage.model_validate(
        {
            **{name: getattr(row, name) for name in models.SentMessage.model_fields if name != "held"},
            "held": row.status == "pending" and row.attempts == 0 and row.send_after > datetime.now(UTC),
        }
    )


def checked_url(text: str) -> str:
    """The address of a webhook. Which hosts may be reached is decided when it is called.

    Raises:
        RequestError: `invalid_request`; the address is not part of the message.
    """
    try:
        parts = urlsplit(text.strip())
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username and parts.port != 0
    except ValueError:
        right = False
    if not right or not text.strip().isascii() or any(char.isspace() for char in text.strip()):
        raise RequestError(ErrorCode.INVALID_REQUEST, "`url` must be an http(s) address without a user name.")
    return text.strip()


def _secret_of(body: models.CreateChannel) -> dict[str, Any]:
    if body.url is None:
        return {} if body.password is None else {"password": body.password.get_secret_value()}
    secret = {"url": checked_url(body.url.get_secret_value())}
    if body.kind == "webhook":
        secret["secret"] = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    return secret


def _sealed(encryption: Encryption, workspace_id: UUID, identity: UUID, secret: dict[str, Any]) -> bytes:
    return encryption.encrypt(CHANNEL, workspace_id, identity, json.dumps(secret).encode())


def _hint(mail: models.MailServer | None, secret: dict[str, Any]) -> str:
    if mail is not None:
        return f"{mail.host}:{mail.port}"
    # Paths and queries of such addresses are the secret.
    parts = urlsplit(secret["url"])
    return f"{parts.scheme}://{parts.hostname}/…{secret['url'][-4:]}"


def _mail_of(channel: NotificationChannel) -> models.MailServer | None:
    return models.MailServer.model_validate(channel.settings) if channel.kind == EMAIL else None


def _refuse_foreign(channel: NotificationChannel, body: models.UpdateChannel) -> None:
    wrong = [body.url] if channel.kind == EMAIL else [body.mail, body.password]
    if any(value is not None for value in wrong):
        message = f"A channel of the kind {channel.kind} has no such setting; see `kind`."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)


def _audited(channel: NotificationChannel) -> dict[str, Any]:
    return {
        "name": channel.name,
        "kind": channel.kind,
        "hint": channel.hint,
        "own": channel.user_id is not None,
        "events": channel.events,
        "enabled": channel.enabled,
    }
