"""A real PostgreSQL for tests: one server per process, one fresh database per use."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from cli.embedded import postgres
from db.migrate import upgrade

HASTY = {"fsync": "off", "full_page_writes": "off"}
"""What a server may leave out whose machine will not crash; that its processes are killed costs it nothing."""

_TEMPLATE = "newest_schema"


@contextmanager
def server() -> Iterator[postgres.EmbeddedPostgres]:
    """A PostgreSQL server in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="perdure-pg-", ignore_cleanup_errors=True) as folder:
        with patch.dict(postgres.SETTINGS, HASTY):
            running = postgres.start(Path(folder))
        try:
            yield running
        finally:
            running.stop("immediate")


def with_database(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@asynccontextmanager
async def fresh_database(url: str, template: str = "template1") -> AsyncIterator[str]:
    """URL of a new database, dropped afterwards."""
    name = f"test_{uuid4().hex}"
    await run(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield with_database(url, name)
    finally:
        await run(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def migrated_database(url: str) -> AsyncIterator[str]:
    """URL of a new database with the newest schema, dropped afterwards; migrated once per server and then copied."""
    connection = await asyncpg.connect(url)
    try:
        known = await connection.fetchval("SELECT count(*) FROM pg_database WHERE datname = $1", _TEMPLATE)
    finally:
        await connection.close()
    if not known:
        await run(url, f'CREATE DATABASE "{_TEMPLATE}"')
        await upgrade(with_database(url, _TEMPLATE))
    async with fresh_database(url, _TEMPLATE) as copied:
        yield copied


async def run(url: str, statement: str) -> None:
    """Run one statement as the owner of the server."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
