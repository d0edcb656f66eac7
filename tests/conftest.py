"""Fixtures that every suite shares: a real PostgreSQL, a real Temporal server, a workspace per test."""

import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from db.session import Database
from tests.support import postgres
from tests.support.temporal import temporal_server
from tests.support.workspaces import new_workspace

SLOW: Final = (
    "browser",
    "notifications",
    "bench",
    "fuzz",
    "tenancy",
    "histories",
    "security",
    "examples",
    "cli",
    "workflows",
)
"""Folders that take longest: begun first, so that no process is left alone with one of them at the end."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves files unread that have none of the tests which kill processes, when only those are asked for."""
    if collection_path.suffix != ".py" or not config.option.markexpr.startswith("faults"):
        return None
    return None if "mark.faults" in collection_path.read_text(encoding="utf-8") else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow folders first, all else in its order."""
    places = {name: place for place, name in enumerate(SLOW)}
    tests = Path(__file__).parent
    items.sort(key=lambda item: places.get(item.path.relative_to(tests).parts[0], len(SLOW)))


def pytest_collection_finish() -> None:
    """Keeps the thousands of tests out of garbage collections.

    On two busy cores a full one took longer than Temporal lets the code of a workflow be silent.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a PostgreSQL server of this test process, as its superuser."""
    with postgres.server() as running:
        yield running.url


@pytest.fixture(scope="session")
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """URL of a database of this test process with the newest schema."""
    async with postgres.migrated_database(postgres_url) as url:
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
    with temporal_server() as address:
        yield address


@pytest.fixture(scope="module")
def own_temporal() -> Iterator[str]:
    """Address of another one, on which no worker of other tests takes what it finds, nor has left anything."""
    with temporal_server() as address:
        yield address


@pytest.fixture(scope="session")
async def temporal(temporal_address: str) -> Client:
    """A client with the plain pydantic converter; build others from `temporal_address`."""
    return await Client.connect(temporal_address, data_converter=pydantic_data_converter)
