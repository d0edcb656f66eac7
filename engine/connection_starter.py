"""Starts taking back the access of deleted connections; the row is the promise. Forgets old sign-ins and calls."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from temporalio.client import Client

from db.retention import forget_unruled
from db.session import Database
from db.tables import Connection, ConnectionAttempt
from engine.starting import Waits, start_each, start_once
from schemas.connections.messages import CONNECTION_REVOCATION, RevokeConnection
from schemas.privacy import DataClass

QUIET: Final = timedelta(minutes=10)
"""So long after a start it is started again, in case Temporal has lost it; one that runs is left alone."""

CALLS_KEPT_DAYS: Final = 30
ATTEMPTS_KEPT: Final = timedelta(days=1)
_BATCH: Final = 100


class RevocationStarter:
    """The sweep over deleted connections.

    Args:
        database: Where they are.
        client: Starts revocations.
    """

    def __init__(self, database: Database, client: Client) -> None:
        self._database = database
        self._client = client

    @property
    def waits(self) -> Waits:
        """What the sweep is about."""
        lost = Connection.dispatched_at < func.clock_timestamp() - QUIET
        waiting = or_(Connection.dispatched_at.is_(None), lost)
        return (select(Connection.workspace_id, Connection.id).where(Connection.deleted_at.is_not(None), waiting),)

    async def sweep(self) -> int:
        """Start what is due; how many."""
        [query] = self.waits
        async with self._database.system() as session:
            due = [(row.workspace_id, row.id) for row in await session.execute(query.limit(_BATCH))]
        return await start_each(due, self._start, self._tried)

    async def _start(self, due: tuple[UUID, UUID]) -> None:
        workspace_id, connection_id = due
        await start_once(
            self._client,
            CONNECTION_REVOCATION,
            RevokeConnection(workspace_id=str(workspace_id), connection_id=str(connection_id)),
            f"connection-revocation-{connection_id}",
        )

    async def _tried(self, due: tuple[UUID, UUID]) -> None:
        workspace_id, connection_id = due
        started = update(Connection).where(Connection.id == connection_id)
        async with self._database.tenant(workspace_id) as session:
            await session.execute(started.values(dispatched_at=func.clock_timestamp()))


async def forget_connection_traces(database: Database) -> int:
    """Delete calls that are old, where no rule says otherwise, and sign-ins that count no more; how many rows."""
    attempts = delete(ConnectionAttempt).where(ConnectionAttempt.created_at < func.clock_timestamp() - ATTEMPTS_KEPT)
    async with database.system() as session:
        gone = await forget_unruled(session, DataClass.DELIVERIES, "connection_calls", CALLS_KEPT_DAYS)
        old = (await session.scalars(attempts.returning(ConnectionAttempt.id))).all()
    return gone + len(old)
