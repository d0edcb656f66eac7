"""Making, changing and trying out subscriptions, their log, and sending once more."""

import base64
import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller, CallerKind
from api.errors import RequestError, not_found
from api.notifications.service import checked_url
from api.requests import decode_moment_cursor, encode_cursor
from api.subscriptions import models, repository
from db import audit
from db.tables import Callback, Subscription
from engine.secrets import Encryption
from engine.secrets.purposes import SUBSCRIPTION
from schemas.callbacks import TEST
from schemas.errors import ErrorCode

MAX_SUBSCRIPTIONS: Final = 100
"""In a workspace."""
OVERLAP: Final = timedelta(hours=24)
"""How long everything is signed with the secret before, too."""


async def create(
    session: AsyncSession, caller: Caller, encryption: Encryption, body: models.CreateSubscription
) -> models.SubscriptionWithSecret:
    """Make a subscription.

    Raises:
        RequestError: `conflict` if there are too many, `invalid_request` for a URL that is none.
    """
    if await repository.count(session) >= MAX_SUBSCRIPTIONS:
        raise RequestError(ErrorCode.CONFLICT, f"A workspace has at most {MAX_SUBSCRIPTIONS} subscriptions.")
    url, secret = checked_url(body.url.get_secret_value()), _fresh_secret()
    made = Subscription(
        id=uuid4(),
        workspace_id=caller.workspace_id,
        name=body.name,
        events=[event.value for event in body.events],
        workflows=body.workflows,
        hint=_hint(url),
        created_by=caller.name,
        owner_id=caller.id if caller.kind is CallerKind.USER else None,
        updated_by=caller.name,
    )
    _seal(encryption, made, {"url": url, "secret": secret})
    session.add(made)
    await session.flush()
    await session.refresh(made, ["created_at", "updated_at", "enabled"])
    audit.record(session, caller.actor, "subscription.created", ("subscription", made.id), after=_audited(made))
    return models.SubscriptionWithSecret(**describe(made).model_dump(), signing_secret=secret)


async def update(
    session: AsyncSession,
    caller: Caller,
    encryption: Encryption,
    subscription_id: UUID,
    body: models.UpdateSubscription,
) -> models.Subscription:
    """Change a subscription. One that is enabled again hears of what happens from then on.

    Raises:
        RequestError: `not_found`, `invalid_request` for a URL that is none.
    """
    row = await find(session, subscription_id, lock=True)
    before = _audited(row)
    if body.url is not None:
        url = checked_url(body.url.get_secret_value())
        _seal(encryption, row, {**_opened(encryption, row), "url": url})
        row.hint = _hint(url)
    row.name = body.name or row.name
    row.events = row.events if body.events is None else [event.value for event in body.events]
    if "workflows" in body.model_fields_set:
        row.workflows = body.workflows
    if body.enabled is not None:
        row.enabled, row.disabled_reason, row.failing_since = body.enabled, None, None
    await _touch(session, caller, row)
    about = ("subscription", row.id)
    audit.record(session, caller.actor, "subscription.updated", about, before=before, after=_audited(row))
    return describe(row)


async def rotate(
    session: AsyncSession, caller: Caller, encryption: Encryption, subscription_id: UUID
) -> models.SubscriptionWithSecret:
    """Sign with another secret, for a day with the one before, too.

    Raises:
        RequestError: `not_found`.
    """
    row = await find(session, subscription_id, lock=True)
    found, secret = _opened(encryption, row), _fresh_secret()
    until = (datetime.now(UTC) + OVERLAP).timestamp()
    _seal(encryption, row, {**found, "secret": secret, "previous": found["secret"], "previous_until": until})
    await _touch(session, caller, row)
    audit.record(session, caller.actor, "subscription.rotated", ("subscription", row.id), after={"name": row.name})
    return models.SubscriptionWithSecret(**describe(row).model_dump(), signing_secret=secret)


async def delete(session: AsyncSession, caller: Caller, subscription_id: UUID) -> None:
    """Delete a subscription and its log; what waits is not sent any more.

    Raises:
        RequestError: `not_found`.
    """
    row = await find(session, subscription_id, lock=True)
    before = _audited(row)
    await session.delete(row)
    audit.record(session, caller.actor, "subscription.deleted", ("subscription", row.id), before=before)


async def try_out(session: AsyncSession, caller: Caller, subscription_id: UUID) -> models.Callback:
    """Send a test.

    Raises:
        RequestError: `not_found`, `conflict` if it is disabled.
    """
    row = await find(session, subscription_id)
    _refuse_disabled(row)
    made = await _write(session, row, TEST, facts={"data": {"by": caller.name, "subscription": row.name}})
    audit.record(session, caller.actor, "subscription.tested", ("subscription", row.id), after={"name": row.name})
    return describe_callback(made)


async def redeliver(session: AsyncSession, caller: Caller, subscription_id: UUID, callback_id: UUID) -> models.Callback:
    """Send something once more, under the same message id.

    Raises:
        RequestError: `not_found`, `conflict` if the subscription is disabled, or it is on its way anyway.
    """
    row = await find(session, subscription_id)
    _refuse_disabled(row)
    before = await repository.find_callback(session, subscription_id, callback_id)
    if before is None:
        raise not_found("delivery", callback_id)
    if before.status in ("pending", "sending"):
        raise RequestError(ErrorCode.CONFLICT, "This is still being delivered; wait until it is sent or given up.")
    first = before.repeats or before.id
    made = await _write(
        session, row, before.event, facts=before.facts, body=before.body, run_id=before.run_id, repeats=first
    )
    after = {"delivery": str(callback_id), "again": str(made.id)}
    audit.record(session, caller.actor, "subscription.redelivered", ("subscription", row.id), after=after)
    return describe_callback(made)


async def list_all(session: AsyncSession, cursor: str | None, limit: int) -> models.SubscriptionPage:
    """A page of subscriptions."""
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_all(session, before, limit + 1)
    items = [describe(row) for row in rows[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.SubscriptionPage(items=items, next_cursor=more)


async def list_callbacks(
    session: AsyncSession, subscription_id: UUID, *, status: str | None, cursor: str | None, limit: int
) -> models.CallbackPage:
    """A page of the log.

    Raises:
        RequestError: `not_found`.
    """
    await find(session, subscription_id)
    before = None if cursor is None else decode_moment_cursor(cursor)
    rows = await repository.list_callbacks(session, subscription_id, status=status, before=before, limit=limit + 1)
    items = [describe_callback(row) for row in rows[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.CallbackPage(items=items, next_cursor=more)


async def find(session: AsyncSession, subscription_id: UUID, *, lock: bool = False) -> Subscription:
    """A subscription.

    Raises:
        RequestError: `not_found`.
    """
    row = await repository.find(session, subscription_id, lock=lock)
    if row is None:
        raise not_found("subscription", subscription_id)
    return row


def describe(row: Subscription) -> models.Subscription:
    """The row as the API shows it."""
    return models.Subscription.model_validate({name: getattr(row, name) for name in models.Subscription.model_fields})


def describe_callback(row: Callback) -> models.Callback:
    """The row as the API shows it."""
    shown = {name: getattr(row, name) for name in models.Callback.model_fields if name != "message_id"}
    return models.Callback.model_validate({**shown, "message_id": f"msg_{(row.repeats or row.id).hex}"})


async def _write(session: AsyncSession, row: Subscription, event: str, **columns: Any) -> Callback:
    identity = uuid4()
    made = Callback(
        id=identity, workspace_id=row.workspace_id, subscription_id=row.id, event=event, key=str(identity), **columns
    )
    session.add(made)
    await session.flush()
    await session.refresh(made)
    return made


async def _touch(session: AsyncSession, caller: Caller, row: Subscription) -> None:
    row.updated_at, row.updated_by = func.clock_timestamp(), caller.name
    await session.flush()
    await session.refresh(row, ["updated_at"])


def _refuse_disabled(row: Subscription) -> None:
    if not row.enabled:
        raise RequestError(ErrorCode.CONFLICT, "The subscription is disabled; enable it first.")


def _fresh_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def _seal(encryption: Encryption, row: Subscription, found: dict[str, Any]) -> None:
    row.sealed = encryption.encrypt(SUBSCRIPTION, row.workspace_id, row.id, json.dumps(found).encode())


def _opened(encryption: Encryption, row: Subscription) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(encryption.decrypt(SUBSCRIPTION, row.workspace_id, row.id, row.sealed))
    return found


def _hint(url: str) -> str:
    # Paths and queries of such addresses may be the secret.
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…{url[-4:]}"


def _audited(row: Subscription) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("name", "hint", "events", "workflows", "enabled")}
