"""The life of a worker process: wait for its servers, poll, drain, end."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from temporalio.client import Client
from temporalio.worker import Worker

from db.session import Database
from engine.side_server import serve
from workers.health import health_app
from workers.pollers import WorkerParts, build_workers, process_identity
from workers.readiness import Check, NotReadyError, database_check, faults, poller_check
from workers.settings import WorkerSettings

logger = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
LAST_RESORT_SECONDS = 10.0
"""After the steps' time is over, what the worker itself gets to say goodbye to a server that may be away."""

Maintain = Callable[[Database, Client], Awaitable[None]]
"""Work that goes on beside the runs: sweep, outbox, reconciler."""


@dataclass
class WorkerProcess:
    """One worker with everything around it.

    Args:
        settings: How it is configured.
        database: The database.
        connect: Gives a connected client, however long that takes.
        parts: What it executes.
        maintain: What it does beside that.
        core_metrics_url: Where Temporal's core serves its metrics.
    """

    settings: WorkerSettings
    database: Database
    connect: Callable[[], Awaitable[Client]]
    parts: WorkerParts
    maintain: Maintain
    core_metrics_url: str | None = None
    identity: str = field(default_factory=process_identity)
    health_port: int | None = None
    _client: Client | None = None
    _polling: bool = False

    async def run(self, stopping: asyncio.Event) -> None:
        """Work until `stopping` is set, then finish what is under way.

        Servers that are away are waited for, at the start as well as later.
        """
        app = health_app(self.faults, self.core_metrics_url)
        async with serve(app, self.settings.health_host, self.settings.health_port) as self.health_port:
            logger.info("worker %s serves its health on port %s", self.identity, self.health_port)
            client = self._client = await _unless(stopping, self._wait_for_servers())
            if client is not None:
                async with beside(self._keep_maintaining(client)):
                    await self._keep_polling(stopping)

    async def faults(self) -> dict[str, str]:
        """What keeps this worker from working, by subject."""
        checks: dict[str, Check] = {"database": database_check(self.database), "temporal": self._temporal_check}
        return await faults(checks)

    async def _temporal_check(self) -> None:
        if self._client is None:
            raise NotReadyError("not connected to Temporal yet")
        if not self._polling:
            raise NotReadyError("not polling")
        await poller_check(self._client, self.settings.queues, self.identity)()

    async def _wait_for_servers(self) -> Client:
        client = await self.connect()
        pause = FIRST_PAUSE
        while missing := await faults({"database": database_check(self.database)}):
            logger.warning("waiting for the database: %s", missing["database"])
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
        return client

    async def _keep_polling(self, stopping: asyncio.Event) -> None:
        """Poll; after a fatal error of the SDK (such as a namespace that is not there yet) begin anew."""
        pause = FIRST_PAUSE
        while not stopping.is_set() and self._client is not None:
            try:
                await self._poll(build_workers(self._client, self.settings, self.parts, self.identity), stopping)
            except Exception as error:
                logger.error("polling has ended and begins anew: %s: %s", type(error).__name__, error)  # noqa: TRY400
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                # A client remembers the workers that were made of it, even those that never ran.
                self._client = await _unless(stopping, self.connect())

    async def _poll(self, workers: list[Worker], stopping: asyncio.Event) -> None:
        running = [asyncio.create_task(worker.run()) for worker in workers]
        stop = asyncio.create_task(stopping.wait())
        self._polling = True
        try:
            await asyncio.wait({*running, stop}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._polling = False
            stop.cancel()
            await self._drain(workers, running)
        ended = [task for task in running if task.done() and not task.cancelled()]
        errors = [error for task in ended if (error := task.exception()) is not None]
        if errors:
            raise errors[0]

    async def _drain(self, workers: list[Worker], running: list[asyncio.Task[None]]) -> None:
        logger.info("draining: %d worker(s) get %g s", len(workers), self.settings.drain_seconds)
        shutdowns = [asyncio.create_task(worker.shutdown()) for worker in workers]
        _, late = await asyncio.wait(running, timeout=self.settings.drain_seconds + LAST_RESORT_SECONDS)
        for task in (*shutdowns, *late):
            task.cancel()
        if late:
            logger.error("%d worker(s) did not drain in time and are left behind", len(late))

    async def _keep_maintaining(self, client: Client) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                await self.maintain(self.database, client)
            except Exception:
                logger.exception("maintenance has failed; beginning anew")
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def stop_on_signals() -> asyncio.Event:
    """An event that is set by SIGTERM and SIGINT; a second signal has its usual effect."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        logger.info("received %s", number.name)
        stopping.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    return stopping


async def _unless(stopping: asyncio.Event, work: Awaitable[Client]) -> Client | None:
    """The result of `work`, or nothing if a stop is wanted before."""
    working = asyncio.ensure_future(work)
    stop = asyncio.create_task(stopping.wait())
    await asyncio.wait({working, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if working.done():
        return working.result()
    working.cancel()
    return None


@asynccontextmanager
async def beside(work: Awaitable[None]) -> AsyncIterator[None]:
    """Do some work for as long as the block runs."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
