"""The activities `send_callback` and `give_up_callback`: one attempt to tell a program outside, and the end of all."""

import json
import time
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.egress import Egress
from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from activities.notify.smtp import LostAnswerError
from activities.notify.webhook import post
from db import callbacks
from db.callbacks import Outcome
from db.faults import is_outage, unavailable
from db.masks import event_mask
from db.session import Database
from db.tables import Callback, Subscription
from engine.secrets import Encryption
from engine.secrets.purposes import SUBSCRIPTION
from schemas.callbacks import GONE, MAX_PAUSE
from schemas.errors import ErrorCode, PerdureError
from schemas.masking import Mask
from schemas.notifications import DeliverMessage, Undelivered

_HOPELESS: Final = (ErrorCode.ADDRESS_DENIED, ErrorCode.INVALID_CONFIG, ErrorCode.MISSING_CREDENTIAL)
"""Trying again changes nothing; every other refusal may be a mistake that somebody mends within days."""


class CallbackServices:
    """Delivers callbacks.

    Args:
        database: Where they are.
        egress: The only way out.
        encryption: Reads addresses and secrets.
    """

    def __init__(self, database: Database, egress: Egress, encryption: Encryption) -> None:
        self._database = database
        self._egress = egress
        self._encryption = encryption

    @activity.defn(name="send_callback")
    async def send_callback(self, order: DeliverMessage) -> None:
        """Try to deliver a callback, unless there is nothing to deliver any more."""
        try:
            async with heartbeats():
                await self._send(order.workspace_id, UUID(order.message_id))
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None

    @activity.defn(name="give_up_callback")
    async def give_up_callback(self, order: Undelivered) -> None:
        """Write down that a callback could not be delivered."""
        try:
            async with self._database.tenant(order.workspace_id) as session:
                await callbacks.give_up(session, UUID(order.message_id), order.reason)
        except Exception as error:
            raise to_application_error(unavailable() if is_outage(error) else error) from None

    async def _send(self, workspace_id: str, callback_id: UUID) -> None:
        async with self._database.tenant(workspace_id) as session:
            begun, mask = await callbacks.begin(session, callback_id), await event_mask(session)
        if begun is None:
            return
        callback, subscription = begun
        started, failure = time.monotonic(), None
        try:
            await self._hand_over(callback, subscription, mask)
        except PerdureError as error:
            failure = error
        milliseconds = round((time.monotonic() - started) * 1_000)
        async with self._database.tenant(workspace_id) as session:
            await callbacks.settle(session, callback, _outcome(failure, milliseconds))
            if failure is not None and failure.info.details.get("status") == GONE:
                await self._stop(session, callback)
                return
        if failure is not None:
            raise _to_raise(failure)

    async def _hand_over(self, callback: Callback, subscription: Subscription, mask: Mask | None) -> None:
        sealed = self._encryption.decrypt(SUBSCRIPTION, subscription.workspace_id, subscription.id, subscription.sealed)
        identity = f"msg_{(callback.repeats or callback.id).hex}"
        body = callback.body or {}
        await post(self._egress, json.loads(sealed), identity, body if mask is None else mask.value(body))

    async def _stop(self, session: AsyncSession, callback: Callback) -> None:
        """The receiver says that it wants nothing any more."""
        await callbacks.give_up(session, callback.id, "The receiver answered 410 Gone.")
        query = select(Subscription).where(Subscription.id == callback.subscription_id).with_for_update()
        subscription = await session.scalar(query)
        if subscription is not None:
            await callbacks.disable(session, subscription, "The receiver answered 410 Gone.")


def _outcome(failure: PerdureError | None, milliseconds: int) -> Outcome:
    if failure is None:
        return Outcome(200, None, milliseconds)
    status = failure.info.details.get("status")
    known = not isinstance(failure, LostAnswerError)
    return Outcome(status if isinstance(status, int) else None, failure.info.message, milliseconds, known)


def _to_raise(failure: PerdureError) -> PerdureError:
    """What lets Temporal try again, unless that is hopeless."""
    if failure.code in _HOPELESS:
        return failure
    wait = None if failure.retry_after is None else min(failure.retry_after, MAX_PAUSE.total_seconds())
    return PerdureError(ErrorCode.UPSTREAM_FAILED, failure.info.message, retry_after=wait)
