"""A database without the leftovers of other tests, a client as the processes have it, and a stub in place of runs."""

import socket
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from db.session import Database
from engine.client import connect_now
from engine.dispatcher import Dispatcher
from engine.settings import TemporalSettings
from schemas.messages import RUNS_QUEUE
from tests.engine.stub_run import StubRun
from tests.support import postgres
from tests.support.workspaces import new_workspace


@pytest.fixture(scope="module")
async def own_database(postgres_url: str) -> AsyncIterator[Database]:
    """Only this module's rows: sweeps look at all workspaces."""
    async with postgres.migrated_database(postgres_url) as url:
        access = Database(url)
        yield access
        await access.dispose()


@pytest.fixture
async def own_workspace(own_database: Database) -> UUID:
    """A workspace in that database."""
    return await new_workspace(own_database.url)


@pytest.fixture(scope="module")
async def client(own_database: Database, temporal_address: str) -> Client:
    """A client with Perdure's data converter."""
    return await connect_now(TemporalSettings(address=temporal_address), own_database)


@pytest.fixture(scope="module")
async def stub_worker(client: Client) -> AsyncIterator[None]:
    """Runs stubs until the module is over."""
    async with Worker(client, task_queue=RUNS_QUEUE, workflows=[StubRun], workflow_runner=UnsandboxedWorkflowRunner()):
        yield


@pytest.fixture
async def dispatcher(own_database: Database, client: Client, stub_worker: None) -> AsyncIterator[Dispatcher]:
    """A dispatcher that finishes its work at the end of the test."""
    made = Dispatcher(own_database, client)
    yield made
    await made.close()


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
