"""Turns announcements of the database into changes, for all connections of this process.

One task works while somebody listens. It hears which runs have changed (`db.notify`), finds out to which workspaces
they belong, and reads each of those with a session that sees nothing else.
"""

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Collection, Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.live import reading
from api.live.messages import RunChanged
from api.live.news import Change, Listener, WorkspaceNews
from db.event_stream import EventHub
from db.session import Database
from db.tables import Run

logger = logging.getLogger(__name__)

TICK: Final = 0.2
"""Seconds for which announcements are collected: a run that streams text is told five times a second."""

LOOK_AROUND: Final = 5.0
"""Seconds between two looks at what was not announced, because its process died before it could."""

_AFTER_AN_ERROR: Final = 1.0
_MOST_AT_ONCE: Final = 500
_MOST_PLACES: Final = 20_000


class LiveFeed:
    """The changes of all workspaces that somebody follows in this process."""

    def __init__(self, database: Database, hub: EventHub, *, look_around: float = LOOK_AROUND) -> None:
        self._database = database
        self._hub = hub
        self._pause = look_around
        self._news: dict[UUID, WorkspaceNews] = {}
        self._places: OrderedDict[UUID, UUID] = OrderedDict()
        """Workspace of each run that was announced lately."""
        self._announced: set[UUID] = set()
        self._gap = False
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @contextlib.contextmanager
    def attached(self, workspace_id: UUID, listener: Listener) -> Iterator[None]:
        """Tell a listener of the changes in a workspace while the block runs."""
        self._news.setdefault(workspace_id, WorkspaceNews()).listeners.add(listener)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        try:
            yield
        finally:
            news = self._news[workspace_id]
            news.listeners.discard(listener)
            if not news.listeners:
                del self._news[workspace_id]
            if not self._news and self._task is not None:
                self._task.cancel()
                self._task = None

    async def run(self, workspace_id: UUID, run_id: UUID) -> RunChanged | None:
        """How a run is now; nothing if the workspace has no such run."""
        async with self._database.tenant(workspace_id) as session:
            found = await reading.read_runs(session, [run_id])
        return found[0] if found else None

    async def pending(self, workspace_id: UUID) -> int:
        """How many approvals are open now."""
        async with self._database.tenant(workspace_id) as session:
            return await reading.count_pending(session)

    async def has_workflow(self, workspace_id: UUID, slug: str) -> bool:
        """Whether there is such a workflow."""
        async with self._database.tenant(workspace_id) as session:
            return await reading.workflow_exists(session, slug)

    def _heard(self, run_id: str | None) -> None:
        if run_id is None:
            self._gap = True
        else:
            self._announced.add(UUID(run_id))
        self._wake.set()

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        with self._hub.watched(self._heard):
            look_at = loop.time() + self._pause
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(look_at):
                        await self._wake.wait()
                        await asyncio.sleep(TICK)
                self._wake.clear()
                look_around = self._gap or loop.time() >= look_at
                if look_around:
                    look_at = loop.time() + self._pause
                await self._round(look_around=look_around)

    async def _round(self, *, look_around: bool) -> None:
        announced, self._announced = self._announced, set()
        gap, self._gap = self._gap, False
        try:
            await self._spread(announced, look_around=look_around)
        except Exception as error:
            logger.warning("live changes wait for the database: %s", type(error).__name__)
            self._announced |= announced
            self._gap = True
            self._wake.set()
            await asyncio.sleep(_AFTER_AN_ERROR)
            return
        if gap:
            for news in list(self._news.values()):
                news.tell([Change.of_gap()])

    async def _spread(self, announced: Collection[UUID], *, look_around: bool) -> None:
        await self._find_places(announced)
        by_workspace: dict[UUID, list[UUID]] = {}
        for run_id in announced:
            if (workspace_id := self._places.get(run_id)) in self._news:
                by_workspace.setdefault(workspace_id, []).append(run_id)
        for workspace_id in list(self._news) if look_around else list(by_workspace):
            await self._tell_news(workspace_id, by_workspace.get(workspace_id, ()), look_around=look_around)

    async def _tell_news(self, workspace_id: UUID, run_ids: Collection[UUID], *, look_around: bool) -> None:
        news = self._news.get(workspace_id)
        if news is None:
            return
        ids = list(run_ids)
        for first in range(0, max(len(ids), 1), _MOST_AT_ONCE):
            async with self._database.tenant(workspace_id) as session:
                portion = ids[first : first + _MOST_AT_ONCE]
                changes = await news.read(session, portion, look_around=look_around and first == 0)
            news.tell(changes)

    async def _find_places(self, run_ids: Collection[UUID]) -> None:
        """Learn to which workspaces runs belong: all that is read of them here."""
        unknown = [run_id for run_id in run_ids if run_id not in self._places]
        for first in range(0, len(unknown), _MOST_AT_ONCE):
            query = select(Run.id, Run.workspace_id).where(Run.id.in_(unknown[first : first + _MOST_AT_ONCE]))
            async with self._database.system() as session:
                self._places.update((row[0], row[1]) for row in await session.execute(query))
        while len(self._places) > _MOST_PLACES:
            self._places.popitem(last=False)
