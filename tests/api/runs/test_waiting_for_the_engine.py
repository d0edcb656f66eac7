"""Reasons that only Temporal knows, or is: workers that are missing, a server that is away or does not answer."""

import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from activities.credentials.redactions import Redactions
from activities.credentials.vault import Vault
from activities.egress import EgressSettings
from activities.llm.settings import LlmSettings
from api.services import Services
from cli.embedded import temporal as embedded_temporal
from cli.embedded.temporal import EmbeddedTemporal
from db.session import Database
from engine.client import connect, connect_now
from engine.dispatcher import Dispatcher
from engine.settings import TemporalSettings
from tests.api.runs.test_waiting import llm, waits
from tests.support.perdure import Perdure, opened
from tests.support.secrets import encryption
from workers.parts import step_services, worker_parts
from workers.pollers import build_workers
from workers.settings import WorkerSettings

SHAPE: dict[str, Any] = {"id": "shape", "kind": "transform", "with": {"value": 1}}


@pytest.fixture(scope="module")
def own_server() -> Iterator[EmbeddedTemporal]:
    """A Temporal for whose queues nobody has ever asked."""
    with tempfile.TemporaryDirectory(prefix="perdure-temporal-", ignore_cleanup_errors=True) as folder:
        running = embedded_temporal.start(Path(folder), ui=False)
        try:
            yield running
        finally:
            os.kill(running.pid, signal.SIGCONT)
            running.stop()


@pytest.fixture
async def alone(services: Services, own_server: EmbeddedTemporal, database_url: str) -> AsyncIterator[Perdure]:
    """Perdure on that server, without a worker."""
    async with on(services, own_server.address, database_url) as perdure:
        yield perdure


@asynccontextmanager
async def on(services: Services, address: str, database_url: str) -> AsyncIterator[Perdure]:
    # A database object of its own: the dispatcher of a process hears of every signal that is written through it.
    database = Database(database_url)
    client = await connect(TemporalSettings(address=address), database)
    dispatcher = Dispatcher(database, client)
    async with opened(replace(services, database=database, temporal=client, dispatcher=dispatcher)) as perdure:
        yield perdure
    await dispatcher.close(0.0)
    await database.dispose()


@asynccontextmanager
async def working(perdure: Perdure, address: str, model_server: str, **settings: Any) -> AsyncIterator[None]:
    """A worker for the block."""
    llm_settings = LlmSettings(openai_base_url=f"{model_server}/v1", openai_api_key=SecretStr("sk-simulated"))
    client = await connect_now(TemporalSettings(address=address), perdure.database)
    async with AsyncExitStack() as stack:
        steps = await stack.enter_async_context(
            step_services(llm_settings, EgressSettings(allow=("127.0.0.1",)), "whsec_" + "QUFB" * 8)
        )
        vault = Vault(perdure.database, encryption(), Redactions())
        parts = worker_parts(perdure.database, steps, vault)
        for worker in build_workers(client, WorkerSettings(drain_seconds=0, **settings), parts, "tests"):
            await stack.enter_async_context(worker)
        yield


async def test_nobody_polls_the_queue_of_runs(alone: Perdure) -> None:
    run = await alone.start(await alone.publish([SHAPE]))
    told = await waits(alone, run, "worker")
    assert told["queue"] == "runs"
    assert told["sentence"].startswith("It waits since 2")
    assert told["sentence"].endswith(" UTC for a worker: none polls the queue 'runs'.")
    items = (await alone.api.get("/v1/runs")).json()["items"]
    assert items[0]["waiting"]["kind"] == "start"


async def test_a_run_that_workers_cannot_go_on_with(
    alone: Perdure, own_server: EmbeddedTemporal, database_url: str, model_server: str
) -> None:
    slug = await alone.publish([SHAPE])
    connection = await asyncpg.connect(database_url)
    await connection.execute("DELETE FROM blobs WHERE workspace_id = $1", alone.workspace_id)
    await connection.close()
    async with working(alone, own_server.address, model_server, queues=("runs",)):
        told = await waits(alone, await alone.start(slug), "engine")
    assert "to go on with it, and could not; they keep trying." in told["sentence"]
    assert told["attempt"] > 1


async def test_nobody_polls_the_queue_of_a_step(
    alone: Perdure, own_server: EmbeddedTemporal, model_server: str
) -> None:
    async with working(alone, own_server.address, model_server, queues=("runs",)):
        run = await alone.start(await alone.publish([llm("think", "")]))
        told = await waits(alone, run, "worker")
    assert told["queue"] == "llm"
    assert told["sentence"].startswith("A step of the kind llm waits since 2")
    assert told["sentence"].endswith("for a worker: none polls the queue 'llm'.")


async def test_all_workers_are_busy(alone: Perdure, own_server: EmbeddedTemporal, model_server: str) -> None:
    async with working(alone, own_server.address, model_server, queues=("runs", "llm"), max_steps=1):
        slug = await alone.publish([llm("think", "[[sim:delay 8]]")])
        first = await alone.start(slug)
        await alone.reached(first, "think", "running")
        told = await waits(alone, await alone.start(slug), "worker")
    assert told["sentence"].endswith("until a worker of the queue 'llm' is free.")


async def test_temporal_is_away(services: Services, closed_port: int, database_url: str) -> None:
    async with on(services, f"127.0.0.1:{closed_port}", database_url) as perdure:
        run = await perdure.start(await perdure.publish([SHAPE]))
        told = await waits(perdure, run, "engine")
    assert told["sentence"].startswith("Temporal cannot be reached at the moment;")


async def test_temporal_does_not_answer(alone: Perdure, own_server: EmbeddedTemporal) -> None:
    run = await alone.start(await alone.publish([SHAPE]))
    await waits(alone, run, "worker")
    os.kill(own_server.pid, signal.SIGSTOP)
    began = time.monotonic()
    told = (await alone.get(run))["waiting"]
    took = time.monotonic() - began
    os.kill(own_server.pid, signal.SIGCONT)
    assert told["kind"] == "engine"
    assert took < 5
