"""A real PostgreSQL for tests: one server per process, one fresh database per use."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from cli.embedded import postgres


@contextmanager
def server() -> Iterator[postgres.EmbeddedPostgres]:
    """A PostgreSQL server in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="perdure-pg-", ignore_cleanup_errors=True) as folder:
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


async def run(url: str, statement: str) -> None:
    """Run one statement as the owner of the server."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
