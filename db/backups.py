"""What a backup asks of the database, and what is done to one that came back from a backup."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from db.connect import connector
from db.migrate import MIGRATIONS

_OVERLAP: Final = timedelta(minutes=1)
"""A signal is noted as delivered a moment after Temporal has it; clocks differ too."""

_EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
_UNFINISHED: Final = "status IN ('pending', 'running', 'paused')"

_MARK: Final = f"""
UPDATE runs SET backed_up_at = $1, restored_at = clock_timestamp(),
    dispatched_at = CASE WHEN status = 'pending' AND (parent_run_id IS NULL OR attempt > 1) THEN NULL
        ELSE dispatched_at END
WHERE {_UNFINISHED}
"""  # noqa: S608 - our own text
_SEND_AGAIN: Final = f"""
UPDATE outbox SET delivered_at = NULL, next_attempt_at = clock_timestamp()
WHERE delivered_at >= $1 AND run_id IN (SELECT id FROM runs WHERE {_UNFINISHED})
"""  # noqa: S608 - the same
_STARTED: Final = """
SELECT format('UPDATE %I SET dispatched_at = NULL
    WHERE status IN (''pending'', ''running'', ''sending'', ''stopping'')', c.table_name)
FROM information_schema.columns c
JOIN information_schema.columns s USING (table_schema, table_name)
WHERE c.table_schema = 'public' AND c.column_name = 'dispatched_at' AND s.column_name = 'status'
    AND c.table_name <> 'runs'
"""
"""Gives the statements that let starters begin anew what has a workflow of its own."""


@dataclass(frozen=True)
class Facts:
    """What a backup says of the database that it was taken of."""

    revision: str
    """Of the schema; empty if there is none."""
    now: datetime
    sees_all: bool
    """Whether row-level security holds nothing back from this login."""
    server_version: int
    """Major version."""


async def read_facts(url: str) -> Facts:
    """Ask the database, as the login of the URL."""
    async with _connected(url) as connection:
        migrated = await connection.fetchval("SELECT to_regclass('public.alembic_version') IS NOT NULL")
        revision = await connection.fetchval("SELECT version_num FROM alembic_version") if migrated else None
        sees_all = await connection.fetchval(
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        version = int(await connection.fetchval("SHOW server_version_num")) // 10_000
        return Facts(revision or "", await connection.fetchval("SELECT clock_timestamp()"), bool(sees_all), version)


async def is_empty(url: str) -> bool:
    """Whether the database has no table of anybody's."""
    query = "SELECT NOT EXISTS (SELECT FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema'))"
    async with _connected(url) as connection:
        return bool(await connection.fetchval(query))


async def make_roles(url: str) -> None:
    """Make the roles to which a backup grants rights; they belong to the server and so are in no backup."""
    script = (MIGRATIONS / "sql/v0001/0_roles.sql").read_text()
    async with _connected(url) as connection:
        await connection.execute(script)


async def mark_restored(url: str, taken_at: datetime, temporal_taken_at: datetime | None) -> None:
    """Let sweep and reconciler make up for what Temporal knows less or more of than the restored rows.

    Args:
        url: A login that sees all rows.
        taken_at: When the rows were backed up.
        temporal_taken_at: When Temporal's data was, if that is known. Signals delivered since then are sent again, or
            all that are kept; whoever has them already takes them only once.
    """
    since = (temporal_taken_at - _OVERLAP) if temporal_taken_at is not None else _EVER
    async with _connected(url) as connection, connection.transaction():
        await connection.execute(_MARK, taken_at)
        await connection.execute(_SEND_AGAIN, since)
        await connection.execute("UPDATE schedules SET synced_revision = 0")
        for row in await connection.fetch(_STARTED):
            await connection.execute(row[0])


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Any]:
    connection = await connector(url, None)()
    try:
        yield connection
    finally:
        await connection.close()
