"""Sessions: one transaction, one role, one workspace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from db.connect import APP_ROLE, IDENTITY_ROLE, SYSTEM_ROLE, create_engine, create_pool
from db.effects import Listener, effects
from db.faults import translate
from db.notify import Notifier
from schemas.errors import PerdureError

_SET_WORKSPACE: Final = text("SELECT set_config('perdure.workspace_id', :workspace, true)")


class Database:
    """Access to PostgreSQL for one process. Opens connections when they are first needed.

    Args:
        url: PostgreSQL URL; unix sockets as `postgresql://user:@/name?host=/folder`.
        pool_size: Connections kept per role.
        run_log_pool_size: Connections for the statements of the run log.
    """

    def __init__(self, url: str, *, pool_size: int = 5, run_log_pool_size: int = 8) -> None:
        self.url = url
        self.notifier = Notifier(self)
        self._app = create_engine(url, APP_ROLE, pool_size=pool_size)
        self._system = create_engine(url, SYSTEM_ROLE, pool_size=max(2, pool_size // 2))
        self._identity = create_engine(url, IDENTITY_ROLE, pool_size=pool_size)
        self._run_log_pool_size = run_log_pool_size
        self._run_log_pool: Any = None
        self._opening = asyncio.Lock()
        self._listeners: list[Listener] = []

    @asynccontextmanager
    async def tenant(self, workspace_id: UUID | str, *, at_one_moment: bool = False) -> AsyncIterator[AsyncSession]:
        """A session in a transaction that sees one workspace; commits at the end, rolls back on an error.

        Args:
            workspace_id: The workspace.
            at_one_moment: Whether all statements see it as it was at the first one.

        Raises:
            PerdureError: `invalid_text` if a value holds text that PostgreSQL cannot store.
        """
        async with self._transaction(self._app) as session:
            if at_one_moment:
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            await session.execute(_SET_WORKSPACE, {"workspace": str(workspace_id)})
            yield session

    @asynccontextmanager
    async def system(self) -> AsyncIterator[AsyncSession]:
        """The same, but it sees every workspace: only for the dispatcher, the outbox and the reconciler."""
        async with self._transaction(self._system) as session:
            yield session

    @asynccontextmanager
    async def identity(self) -> AsyncIterator[AsyncSession]:
        """The same, but it sees accounts, sessions and keys instead of a workspace: only for finding out who calls."""
        async with self._transaction(self._identity) as session:
            yield session

    def after_commit(self, listener: Listener) -> None:
        """Call `listener` with the effects of every transaction of this process that changed a run or sent a signal."""
        self._listeners.append(listener)

    async def run_log_pool(self) -> Any:
        """Bare asyncpg connections of the app role; every statement must name its workspace itself."""
        if self._run_log_pool is None:
            async with self._opening:
                if self._run_log_pool is None:
                    self._run_log_pool = await create_pool(self.url, APP_ROLE, size=self._run_log_pool_size)
        return self._run_log_pool

    async def dispose(self) -> None:
        """Close all connections."""
        await self.notifier.close()
        if self._run_log_pool is not None:
            await self._run_log_pool.close()
            self._run_log_pool = None
        await self._app.dispose()
        await self._system.dispose()
        await self._identity.dispose()

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
        try:
            async with async_sessionmaker(engine, expire_on_commit=False)() as session:
                async with session.begin():
                    yield session
                self._tell(session)
        except (DBAPIError, StatementError) as error:
            known = error.orig if isinstance(error.orig, PerdureError) else translate(error)
            if known is None:
                raise
            raise known from error

    def _tell(self, session: AsyncSession) -> None:
        caused = effects(session)
        for run_id in caused.runs:
            self.notifier.announce(run_id)
        if caused.runs or caused.signals:
            for listener in self._listeners:
                listener(caused)
