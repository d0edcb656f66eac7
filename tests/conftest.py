"""Fixtures that every suite shares: a real PostgreSQL, a real Temporal server, a workspace per test."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from cli.embedded import temporal as embedded_temporal
from db.migrate import upgrade
from db.session import Database
from tests.support import postgres
from tests.support.workspaces import new_workspace


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server of this test process, as its superuser."""
    with postgres.server() as running:
        yield running.url


@pytest.fixture(scope="session")
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """URL of a database of this test process with the newest schema."""
    async with postgres.fresh_database(postgres_url) as url:
        await upgrade(url)
        yield url


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """Access to that database as the application has it."""
    access = Database(database_url)
    yield access
    await access.dispose()


@pytest.fixture
async def workspace_id(database_url: str) -> UUID:
    """A workspace that nobody else uses."""
    return await new_workspace(database_url)


@pytest.fixture(scope="session")
def temporal_address() -> Iterator[str]:
    """Address of a Temporal server of this test process, namespace `default`."""
    with tempfile.TemporaryDirectory(prefix="perdure-temporal-", ignore_cleanup_errors=True) as folder:
        running = embedded_temporal.start(Path(folder), ui=False)
        try:
            yield running.address
        finally:
            running.stop()


@pytest.fixture(scope="session")
async def temporal(temporal_address: str) -> Client:
    """A client with the plain pydantic converter; build others from `temporal_address`."""
    return await Client.connect(temporal_address, data_converter=pydantic_data_converter)
