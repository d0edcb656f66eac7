"""Work that is begun right after a commit and that nobody waits for; a sweep finishes what does not succeed here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)


class Background:
    """Runs pieces of work at most `concurrency` at a time and refuses more than `backlog` in all.

    Args:
        concurrency: Pieces under way at once.
        backlog: Pieces kept in memory; beyond it the sweep is left to do them.
    """

    def __init__(self, *, concurrency: int = 16, backlog: int = 2_000) -> None:
        self._slots = asyncio.Semaphore(concurrency)
        self._backlog = backlog
        self._tasks: set[asyncio.Task[None]] = set()

    def run_soon(self, work: Callable[[], Awaitable[object]]) -> bool:
        """Begin `work` when there is a slot; false if there is too much to do already."""
        if len(self._tasks) >= self._backlog:
            return False
        task = asyncio.create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def drain(self, seconds: float) -> None:
        """Wait for what is under way, then give up the rest."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)
        for task in set(self._tasks):
            task.cancel()

    async def _run(self, work: Callable[[], Awaitable[object]]) -> None:
        async with self._slots:
            try:
                await work()
            except Exception as error:
                logger.warning("left to the sweep: %s: %s", type(error).__name__, error)
