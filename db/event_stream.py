"""Follows the events of runs as they happen: one listening connection per process wakes all readers."""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from db.connect import APP_ROLE, connector
from db.faults import is_outage
from db.notify import CHANNEL
from db.run_events import read_events
from db.session import Database
from db.tables import Run
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunStatus
from schemas.run_events import RunEvent

POLL: Final = 2.0
"""Seconds after which a reader looks although nothing was announced."""

_RECONNECT: Final = 0.5
_BATCH: Final = 200

_log = logging.getLogger(__name__)

Watcher = Callable[[str | None], None]
"""Hears the id of every run that has changed, or nothing if some may have been missed. Must not block or fail."""


class EventHub:
    """The events of all runs, for the readers of one process. Listens while somebody reads."""

    def __init__(self, database: Database, *, poll: float = POLL) -> None:
        self._database = database
        self._poll = poll
        self._readers: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._watchers: set[Watcher] = set()
        self._task: asyncio.Task[None] | None = None

    async def follow(self, workspace_id: UUID, run_id: UUID, after_seq: int = 0) -> AsyncGenerator[RunEvent]:
        """Every event after `after_seq`, in order and once; ends after the last event of an ended run.

        Raises:
            PerdureError: `not_found` if the workspace has no such run.
        """
        with self._reader(run_id) as changed:
            while True:
                changed.clear()
                try:
                    events, ended = await self._read(workspace_id, run_id, after_seq)
                except Exception as error:
                    if not is_outage(error):
                        raise
                    events, ended = [], False
                for event in events:
                    yield event
                    after_seq = event.seq
                if ended:
                    return
                if len(events) < _BATCH:
                    await _wait(changed, self._poll)

    @contextlib.contextmanager
    def woken(self, *ids: UUID) -> Iterator[asyncio.Event]:
        """An event that is set whenever something of these ids has changed, or may have."""
        with contextlib.ExitStack() as stack:
            changed = asyncio.Event()
            for one in ids:
                stack.enter_context(self._reader(one, changed))
            yield changed

    @contextlib.contextmanager
    def watched(self, watcher: Watcher) -> Iterator[None]:
        """Tell `watcher` of changed runs of all workspaces while the block runs."""
        self._watchers.add(watcher)
        self._keep_listening()
        try:
            yield
        finally:
            self._watchers.discard(watcher)

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _read(self, workspace_id: UUID, run_id: UUID, after_seq: int) -> tuple[list[RunEvent], bool]:
        """The next events, and whether the run has ended with the last of them.

        The status is read first: if a retry appends more before the events are read, this was not the end.
        """
        async with self._database.tenant(workspace_id) as session:
            run = (await session.execute(select(Run.status, Run.last_event_seq).where(Run.id == run_id))).one_or_none()
            if run is None:
                raise PerdureError(ErrorCode.NOT_FOUND, "There is no such run.")
            events = await read_events(session, run_id, after_seq, _BATCH)
        at_end = events[-1].seq == run.last_event_seq if events else after_seq >= run.last_event_seq
        return events, RunStatus(run.status).ended and at_end

    @contextlib.contextmanager
    def _reader(self, run_id: UUID, event: asyncio.Event | None = None) -> Any:
        changed, key = event or asyncio.Event(), str(run_id)
        self._readers[key].add(changed)
        self._keep_listening()
        try:
            yield changed
        finally:
            self._readers[key].discard(changed)
            if not self._readers[key]:
                del self._readers[key]

    def _keep_listening(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        """Keeps a connection listening; while there is none, readers look by themselves."""
        while True:
            try:
                await self._listen_once()
            except Exception as error:
                _log.warning("the connection for live events is lost: %s", type(error).__name__)
            self._wake_all()
            await asyncio.sleep(_RECONNECT)

    async def _listen_once(self) -> None:
        lost = asyncio.Event()
        connection = await connector(self._database.url, APP_ROLE)()
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._heard)
            self._wake_all()  # something may have changed before the connection listened
            await lost.wait()
        finally:
            connection.terminate()

    def _heard(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        for changed in self._readers.get(str(payload), ()):
            changed.set()
        for watcher in self._watchers:
            watcher(str(payload))

    def _wake_all(self) -> None:
        for watcher in self._watchers:
            watcher(None)
        for readers in self._readers.values():
            for changed in readers:
                changed.set()


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await changed.wait()
