"""The standing work of the engine: start and deliver what is left, repair what was lost; in one process at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

from sqlalchemy import delete, func, or_, select
from temporalio.client import Client

from db.approvals.settling import tell_undoable, undoable
from db.connect import SYSTEM_ROLE, connector
from db.session import Database
from db.tables import OutboxRow
from engine.bulk_starter import BulkStarter, forget_bulk_jobs
from engine.callback_starter import CallbackStarter, forget_callbacks
from engine.connection_starter import RevocationStarter, forget_connection_traces
from engine.dispatcher import Dispatcher
from engine.hook_runs import forget_deliveries
from engine.ingestion_starter import IngestionStarter, forget_memories
from engine.notification_starter import NotificationStarter, forget_notifications
from engine.privacy_starter import PrivacyStarter, forget_payloads_of_erased
from engine.reconciler import Reconciler
from engine.schedule_keeper import ScheduleKeeper, forget_starts
from engine.secrets import Encryption
from engine.secrets.rotation import rotate
from engine.starting import Waits

logger = logging.getLogger(__name__)

SWEEP_PAUSE: Final = 1.0
RECONCILE_PAUSE: Final = 5.0
ROLL_UP_PAUSE: Final = 10.0
TIDY_PAUSE: Final = 600.0
SEARCH_PAUSE: Final = 86_400.0
KEPT = timedelta(days=7)
"""How long delivered signals stay in the outbox, for whoever looks into what happened."""

_LOCK: Final = 7_307_738_102
_LOCK_TIMEOUT: Final = 5.0


@dataclass(frozen=True)
class Chore:
    """What is done again and again.

    Args:
        pause: Seconds in between.
        work: Does it once; how much there was to do.
    """

    pause: float
    work: Callable[[], Awaitable[int]]


@dataclass(frozen=True)
class Sweep:
    """What is done when something waits for it.

    Args:
        waits: What may wait.
        work: Does it; how much there was to do.
    """

    waits: Waits
    work: Callable[[], Awaitable[int]]


async def run_maintenance(
    database: Database, client: Client, encryption: Encryption | None = None, *, mail: bool = False
) -> None:
    """Sweep every second, reconcile every five, tidy up at times, until cancelled; survives outages of the servers.

    Args:
        database: What is looked after.
        client: Starts and asks workflows.
        encryption: Keys in which secrets are wrapped anew.
        mail: Whether this installation has a mail server.
    """
    dispatcher = Dispatcher(database, client)
    sweeps = Sweeps(database, _sweeps(database, client, dispatcher, mail=mail))
    chores = [Chore(SWEEP_PAUSE, sweeps.begin), *_chores(database, client)]
    if encryption is not None and encryption.configured:
        chores.append(Chore(TIDY_PAUSE, partial(rewrap_secrets, database, encryption)))
    try:
        while not _cancelled():
            try:
                async with _alone(database) as connection:
                    try:
                        await _do_all(chores, connection)
                    finally:
                        # Whoever has the lock next begins them too.
                        await sweeps.stop()
            except Exception as error:
                cause = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
                logger.warning("maintenance begins again in %.0f s: %s: %s", SWEEP_PAUSE, type(cause).__name__, cause)
            await asyncio.sleep(SWEEP_PAUSE)
    finally:
        await dispatcher.close()


def _sweeps(database: Database, client: Client, dispatcher: Dispatcher, *, mail: bool) -> list[Sweep]:
    keepers = (
        dispatcher,
        BulkStarter(database, client),
        NotificationStarter(database, client, mail=mail),
        ScheduleKeeper(database, client),
        CallbackStarter(database, client),
        IngestionStarter(database, client),
        RevocationStarter(database, client),
        PrivacyStarter(database, client),
    )
    decisions = Sweep((undoable(),), partial(tell_decisions, database))
    return [*(Sweep(keeper.waits, keeper.sweep) for keeper in keepers), decisions]


def _chores(database: Database, client: Client) -> list[Chore]:
    old = (
        forget_delivered,
        forget_bulk_jobs,
        forget_notifications,
        forget_starts,
        forget_deliveries,
        forget_callbacks,
        forget_memories,
        forget_connection_traces,
        forget_budgets,
    )
    return [
        Chore(RECONCILE_PAUSE, Reconciler(database, client).run_once),
        Chore(ROLL_UP_PAUSE, partial(roll_up_usage, database)),
        Chore(TIDY_PAUSE, PrivacyStarter(database, client).keep_round),
        Chore(SEARCH_PAUSE, partial(forget_payloads_of_erased, database)),
        *(Chore(TIDY_PAUSE, partial(forget, database)) for forget in old),
    ]


class Sweeps:
    """Finds out in one statement which sweeps have anything to do, and does those side by side.

    Args:
        database: Where it waits.
        sweeps: All of them.
    """

    def __init__(self, database: Database, sweeps: Sequence[Sweep]) -> None:
        self._database = database
        self._sweeps = sweeps
        self._asked = select(*(or_(*(query.exists() for query in sweep.waits)) for sweep in sweeps))
        self._under_way: dict[int, asyncio.Task[None]] = {}

    async def begin(self) -> int:
        """Begin what waits and is not under way; how many sweeps."""
        async with self._database.system() as session:
            waits = (await session.execute(self._asked)).one()
        begun = [n for n, waiting in enumerate(waits) if waiting and n not in self._under_way]
        for number in begun:
            self._under_way[number] = asyncio.create_task(self._sweep(number))
        return len(begun)

    async def _sweep(self, number: int) -> None:
        try:
            await _do(self._sweeps[number].work)
        finally:
            self._under_way.pop(number, None)

    async def stop(self) -> None:
        """End what is under way."""
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        # A task that was cancelled before it ran has not taken itself out.
        self._under_way.clear()


async def forget_delivered(database: Database) -> int:
    """Delete signals that were delivered long ago; how many."""
    old = delete(OutboxRow).where(OutboxRow.delivered_at < func.clock_timestamp() - KEPT)
    async with database.system() as session:
        return len((await session.scalars(old.returning(OutboxRow.id))).all())


async def tell_decisions(database: Database) -> int:
    """Let runs know of decisions that can no longer be taken back; how many."""
    async with database.system() as session:
        return await tell_undoable(session)


async def rewrap_secrets(database: Database, encryption: Encryption) -> int:
    """Wrap secrets that are under an older key in the newest one; how many."""
    done = await rotate(database, encryption)
    if done.rewrapped or done.unreadable:
        logger.info("%d secret(s) wrapped in the newest key, %d not readable", done.rewrapped, done.unreadable)
    return done.rewrapped


async def roll_up_usage(database: Database) -> int:
    """Move what calls of models took to its day; how many calls."""
    async with database.system() as session:
        return await session.scalar(select(func.usage_roll_up())) or 0


async def forget_budgets(database: Database) -> int:
    """Delete leases, rates, answers and budgets of models that nobody will ask for again; how many."""
    async with database.system() as session:
        return await session.scalar(select(func.budget_forget())) or 0


async def _do_all(chores: Sequence[Chore], connection: Any) -> None:
    """Do all of it until the lock is lost, which lives as long as its connection."""
    async with asyncio.TaskGroup() as tasks:
        for chore in chores:
            tasks.create_task(_keep_doing(chore))
        while True:
            await asyncio.sleep(SWEEP_PAUSE)
            await connection.execute("SELECT 1", timeout=_LOCK_TIMEOUT)


async def _keep_doing(chore: Chore) -> None:
    while not _cancelled():
        await _do(chore.work)
        await asyncio.sleep(chore.pause)


def _cancelled() -> bool:
    """Whether this task was told to end, also when what it waited for kept the cancellation to itself.

    In Python 3.11 a group of tasks does so that is ending already for another reason.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _do(work: Callable[[], Awaitable[int]]) -> None:
    """Do it; a failure is no matter to all else, and the same is tried again."""
    try:
        await work()
    except Exception as error:
        logger.warning("maintenance tries again: %s: %s", type(error).__name__, error)


@asynccontextmanager
async def _alone(database: Database) -> AsyncIterator[Any]:
    """A connection that holds the lock; waits while another process does."""
    connection = await connector(database.url, SYSTEM_ROLE)()
    try:
        # Not `pg_advisory_lock`: whoever waits in a statement keeps old rows from being cleared away.
        while True:
            if await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK, timeout=_LOCK_TIMEOUT):
                break
            await asyncio.sleep(SWEEP_PAUSE)
        yield connection
    finally:
        # Closing gives the lock back; terminating does not wait for a server that is away.
        connection.terminate()
