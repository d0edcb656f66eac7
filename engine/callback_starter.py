"""Starts the delivery of callbacks. The row is the promise; a delivery that Temporal has lost is started again."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from temporalio.client import Client

from db.callbacks import UNSENT, forget
from db.session import Database
from db.tables import Callback
from engine.notification_starter import QUIET
from engine.starting import Waits, start_each, start_once
from schemas.notifications import DELIVER, DeliverMessage

_BATCH: Final = 100
_RETRIED_FOR: Final = timedelta(days=4)
"""Nothing is started any more for a callback that is older; its delivery has long given up."""


class CallbackStarter:
    """The sweep over callbacks.

    Args:
        database: Where they are.
        client: Starts deliveries.
    """

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    async def sweep(self) -> int:
        """Start the delivery of what is due; how many."""
        return await start_each(await self._due(), self._start, self._tried)

    @property
    def waits(self) -> Waits:
        """What the sweep is about."""
        now = func.clock_timestamp()
        query = select(Callback.workspace_id, Callback.id).where(
            Callback.status.in_(UNSENT),
            Callback.created_at > now - _RETRIED_FOR,
            or_(Callback.dispatched_at.is_(None), Callback.dispatched_at < now - QUIET),
        )
        return (query,)

    async def _due(self) -> Sequence[tuple[UUID, UUID]]:
        [query] = self.waits
        async with self._database.system() as session:
            rows = await session.execute(query.order_by(Callback.created_at).limit(_BATCH))
            return [(row.workspace_id, row.id) for row in rows]

    async def _start(self, due: tuple[UUID, UUID]) -> None:
        workspace_id, callback_id = due
        await start_once(
            self._client,
            DELIVER,
            DeliverMessage(workspace_id=str(workspace_id), message_id=str(callback_id), kind="callback"),
            f"callback-{callback_id}",
        )

    async def _tried(self, due: tuple[UUID, UUID]) -> None:
        workspace_id, callback_id = due
        started = update(Callback).where(Callback.id == callback_id)
        async with self._database.tenant(workspace_id) as session:
            await session.execute(started.values(dispatched_at=func.clock_timestamp()))


async def forget_callbacks(database: Database) -> int:
    """Delete what is old; how many rows."""
    async with database.system() as session:
        return await forget(session)
