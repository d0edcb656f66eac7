"""The standing work of the engine: start and deliver what is left, repair what was lost; in one process at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, func
from temporalio.client import Client

from db.connect import SYSTEM_ROLE, connector
from db.session import Database
from db.tables import OutboxRow
from engine.dispatcher import Dispatcher
from engine.reconciler import Reconciler

logger = logging.getLogger(__name__)

SWEEP_PAUSE: Final = 1.0
RECONCILE_PAUSE: Final = 5.0
TIDY_PAUSE: Final = 600.0
KEPT = timedelta(days=7)
"""How long delivered signals stay in the outbox, for whoever looks into what happened."""

_SWEEP_LOCK: Final = 7_307_738_102
_RECONCILE_LOCK: Final = 7_307_738_103
_TIDY_LOCK: Final = 7_307_738_104
_LOCK_TIMEOUT: Final = 5.0


async def run_maintenance(database: Database, client: Client) -> None:
    """Sweep every second, reconcile every five, tidy up at times, until cancelled; survives outages of the servers."""
    dispatcher, reconciler = Dispatcher(database, client), Reconciler(database, client)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_keep_doing(database, _SWEEP_LOCK, SWEEP_PAUSE, dispatcher.sweep))
            tasks.create_task(_keep_doing(database, _RECONCILE_LOCK, RECONCILE_PAUSE, reconciler.run_once))
            tasks.create_task(_keep_doing(database, _TIDY_LOCK, TIDY_PAUSE, lambda: forget_delivered(database)))
    finally:
        await dispatcher.close()


async def forget_delivered(database: Database) -> int:
    """Delete signals that were delivered long ago; how many."""
    old = delete(OutboxRow).where(OutboxRow.delivered_at < func.clock_timestamp() - KEPT)
    async with database.system() as session:
        return len((await session.scalars(old.returning(OutboxRow.id))).all())


async def _keep_doing(database: Database, lock: int, pause: float, work: Callable[[], Awaitable[int]]) -> None:
    """Do `work` again and again while this process holds the lock, and try to get it while it does not."""
    while True:
        try:
            async with _exclusively(database, lock) as connection:
                while connection is not None:
                    await work()
                    await asyncio.sleep(pause)
                    # The lock lives as long as its connection.
                    await connection.execute("SELECT 1", timeout=_LOCK_TIMEOUT)
        except Exception as error:
            logger.warning("maintenance goes on in %.0f s: %s: %s", pause, type(error).__name__, error)
        await asyncio.sleep(pause)


@asynccontextmanager
async def _exclusively(database: Database, lock: int) -> AsyncIterator[Any]:
    """A connection that holds the lock, or nothing if another process does."""
    connection = await connector(database.url, SYSTEM_ROLE)()
    try:
        held = await connection.fetchval("SELECT pg_try_advisory_lock($1)", lock, timeout=_LOCK_TIMEOUT)
        yield connection if held else None
    finally:
        # Closing gives the lock back; terminating does not wait for a server that is away.
        connection.terminate()
