"""Tells every process which runs have changed: one NOTIFY per run, collected for a few milliseconds.

A notification is a hint only. Whoever reads also looks again every two seconds, so a lost one costs time, not data.
"""

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from db.session import Database

CHANNEL: Final = "perdure_runs"
"""Payload: the id of the run."""

PAUSE: Final = 0.02
"""Seconds between two rounds. NOTIFY takes a lock of the whole server, so it must not be sent with every statement."""

_log = logging.getLogger(__name__)


class Notifier:
    """Announces changed runs for one process."""

    def __init__(self, database: "Database") -> None:
        self._database = database
        self._changed: set[str] = set()
        self._task: asyncio.Task[None] | None = None

    def announce(self, run_id: UUID | str) -> None:
        """A run has changed and the change is committed."""
        self._changed.add(str(run_id))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())

    async def close(self) -> None:
        """Announce what is left."""
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _work(self) -> None:
        """Announces at once, then again after each pause in which something changed."""
        while self._changed:
            changed, self._changed = self._changed, set()
            try:
                await self._send(changed)
            except Exception as error:  # readers look by themselves
                _log.warning("changed runs were not announced: %s", type(error).__name__)
            await asyncio.sleep(PAUSE)

    async def _send(self, changed: set[str]) -> None:
        pool = await self._database.run_log_pool()
        await pool.execute("SELECT pg_notify($1, run) FROM unnest($2::text[]) AS run", CHANNEL, list(changed))
