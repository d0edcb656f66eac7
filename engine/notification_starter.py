"""Starts the delivery of messages: finds out who hears of what, and gives every message that is due its workflow.

The row is the promise. A message whose workflow was lost in Temporal is simply started again, and finds in its row
whether there is anything left to do.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from temporalio.client import Client

from db.faults import is_outage
from db.notifications.addressing import address_waiting
from db.notifications.delivery import UNSENT, forget
from db.session import Database
from db.tables import Notification, NotificationMessage
from engine.starting import Waits, start_each, start_once
from schemas.notifications import DELIVER, DeliverMessage

logger = logging.getLogger(__name__)

QUIET: Final = timedelta(minutes=10)
"""A message that was started so long ago and is not sent may have lost its workflow."""

_BATCH: Final = 100


def delivery_workflow_id(message_id: UUID) -> str:
    """Id of the Temporal workflow that delivers a message."""
    return f"message-{message_id}"


class NotificationStarter:
    """The sweep over notifications.

    Args:
        database: Where they are.
        client: Starts deliveries.
        mail: Whether this installation has a mail server.
    """

    def __init__(self, database: Database, client: Client, *, mail: bool) -> None:
        self._database = database
        self._client = client
        self._mail = mail

    async def sweep(self) -> int:
        """Write messages for what has happened, and start those that are due; how many were started."""
        for workspace_id in await self._waiting():
            await self._address(workspace_id)
        return await start_each(await self._due(), self._start, self._tried)

    @property
    def waits(self) -> Waits:
        """What the sweep is about: what has happened, and messages that are due."""
        now = func.clock_timestamp()
        forgotten = NotificationMessage.dispatched_at < now - QUIET
        due = select(NotificationMessage.workspace_id, NotificationMessage.id).where(
            NotificationMessage.status.in_(UNSENT),
            NotificationMessage.gathered_by.is_(None),
            NotificationMessage.send_after <= now,
            or_(NotificationMessage.dispatched_at.is_(None), forgotten),
        )
        return select(Notification.workspace_id).where(Notification.addressed_at.is_(None)), due

    async def _waiting(self) -> Sequence[UUID]:
        """Workspaces in which something has happened, whoever waits longest first."""
        waiting, _ = self.waits
        oldest = waiting.group_by(Notification.workspace_id).order_by(func.min(Notification.id))
        async with self._database.system() as session:
            return (await session.scalars(oldest)).all()

    async def _address(self, workspace_id: UUID) -> None:
        """Write messages in a workspace; one in which that fails keeps no other from hearing."""
        try:
            async with self._database.tenant(workspace_id) as session:
                await address_waiting(session, _BATCH, mail=self._mail)
        except Exception as error:
            if is_outage(error):
                raise
            logger.exception("the notifications of workspace %s wait", workspace_id)

    async def _due(self) -> Sequence[tuple[UUID, UUID]]:
        """Messages to start; workspaces take turns, so that one with thousands makes no other wait."""
        turn = func.row_number().over(
            partition_by=NotificationMessage.workspace_id, order_by=NotificationMessage.send_after
        )
        _, query = self.waits
        async with self._database.system() as session:
            rows = await session.execute(query.order_by(turn, NotificationMessage.send_after).limit(_BATCH))
            return [(row.workspace_id, row.id) for row in rows]

    async def _start(self, due: tuple[UUID, UUID]) -> None:
        workspace_id, message_id = due
        await start_once(
            self._client,
            DELIVER,
            DeliverMessage(workspace_id=str(workspace_id), message_id=str(message_id)),
            delivery_workflow_id(message_id),
        )

    async def _tried(self, due: tuple[UUID, UUID]) -> None:
        workspace_id, message_id = due
        started = update(NotificationMessage).where(NotificationMessage.id == message_id)
        async with self._database.tenant(workspace_id) as session:
            await session.execute(started.values(dispatched_at=func.clock_timestamp()))


async def forget_notifications(database: Database) -> int:
    """Delete what is old; how many rows."""
    async with database.system() as session:
        return await forget(session)
