"""Connections to PostgreSQL: URLs, roles, JSON, pools."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from db.json_text import from_json, to_json
from db.metrics import measure_statements

APP_ROLE: Final = "perdure_app"
"""Bound by row-level security to one workspace."""

SYSTEM_ROLE: Final = "perdure_system"
"""Sees every workspace; for the dispatcher, the outbox and the reconciler only."""

IDENTITY_ROLE: Final = "perdure_identity"
"""Sees people, sessions and keys of every workspace, and nothing else; for finding out who calls."""

CONNECT_TIMEOUT: Final = 10.0
"""Seconds."""

COMMAND_TIMEOUT: Final = 30.0
"""Seconds after which a statement of a process counts as lost: the server hangs, or the network swallowed it."""


def driver_url(url: str) -> str:
    """The URL as the driver wants it: any `postgres://`, `postgresql://` or `postgresql+driver://` is understood.

    Raises:
        ValueError: if it is no PostgreSQL URL.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] not in ("postgres", "postgresql"):
        raise ValueError("the database URL must begin with postgresql://")
    return f"postgresql://{rest}"


def connector(url: str, role: str | None) -> Callable[[], Awaitable[Any]]:
    """Opens a connection that acts as `role` from its first statement on."""
    settings = {"application_name": "perdure"} | ({"role": role} if role else {})
    limit = COMMAND_TIMEOUT if role else None  # a migration takes as long as it takes
    dsn = driver_url(url)

    async def connect(*_: Any, **__: Any) -> Any:
        return await asyncpg.connect(dsn, server_settings=settings, timeout=CONNECT_TIMEOUT, command_timeout=limit)

    return connect


def create_engine(url: str, role: str | None = None, *, pool_size: int = 5) -> AsyncEngine:
    """An engine whose connections act as `role`; it survives restarts of the server."""
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connector(url, role),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        json_serializer=to_json,
        json_deserializer=from_json,
        # An error names the statement, not the values: those are what people wrote, and errors go to the logs.
        hide_parameters=True,
    )
    measure_statements(engine, role)
    return engine


async def create_pool(url: str, role: str | None, *, size: int = 8) -> Any:
    """A pool of bare connections, for the statements that must be fast."""
    settings = {"application_name": "perdure-run-log"} | ({"role": role} if role else {})
    return await asyncpg.create_pool(
        driver_url(url),
        server_settings=settings,
        min_size=0,
        max_size=size,
        timeout=CONNECT_TIMEOUT,
        command_timeout=COMMAND_TIMEOUT,
        reset=_leave_as_it_is,
    )


async def _leave_as_it_is(connection: Any) -> None:
    """Nothing outlives a statement there, so the round trip of a reset is saved."""
