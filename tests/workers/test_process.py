"""A worker process against real servers: ready when it polls, honest when it does not, drained at the end."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

from cli.embedded import temporal as embedded_temporal
from db.session import Database
from engine.client import connect_now
from engine.settings import TemporalSettings
from tests.support.polling import eventually
from workers.log_context import LogContextInterceptor
from workers.pollers import WorkerParts
from workers.process import WorkerProcess
from workers.settings import WorkerSettings


@workflow.defn(name="one_step", sandboxed=False)
class OneStep:
    @workflow.run
    async def run(self, queue: str) -> str:
        return await workflow.execute_activity(
            "slow", task_queue=queue, start_to_close_timeout=timedelta(seconds=30), result_type=str
        )


class Slow:
    """A step that tells when it began and goes on when it is allowed to."""

    def __init__(self) -> None:
        self.began = asyncio.Event()
        self.go_on = asyncio.Event()

    @activity.defn(name="slow")
    async def slow(self) -> str:
        self.began.set()
        await self.go_on.wait()
        return "done"


async def idle(database: Database, client: Client) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def running(
    database: Database, address: str, slow: Slow | None = None, **changes: Any
) -> AsyncIterator[tuple[WorkerProcess, asyncio.Event, asyncio.Task[None]]]:
    settings = WorkerSettings(health_port=0, queues=("runs", f"q-{uuid4().hex[:8]}"), drain_seconds=10)
    parts = WorkerParts([OneStep], [(slow or Slow()).slow], [], [LogContextInterceptor()])
    temporal = TemporalSettings(address=address, namespace=changes.get("namespace", "default"))
    process = WorkerProcess(
        settings, database, lambda: connect_now(temporal, database), parts, changes.get("maintain", idle)
    )
    stopping = asyncio.Event()
    task = asyncio.create_task(process.run(stopping))
    try:
        yield process, stopping, task
    finally:
        stopping.set()
        await asyncio.wait_for(task, 30)


async def readyz(process: WorkerProcess) -> httpx.Response | None:
    if process.health_port is None:
        return None
    async with httpx.AsyncClient(trust_env=False, timeout=20) as http:
        return await http.get(f"http://127.0.0.1:{process.health_port}/readyz")


async def is_ready(process: WorkerProcess) -> bool:
    answer = await readyz(process)
    return answer is not None and answer.status_code == 200


def says(process: WorkerProcess, subject: str) -> Callable[[], Any]:
    """Whether /readyz reports a fault of the subject."""

    async def look() -> str | None:
        answer = await readyz(process)
        return answer.json()["faults"].get(subject) if answer is not None else None

    return look


async def test_draining_lets_a_step_finish(database: Database, temporal_address: str, temporal: Client) -> None:
    slow = Slow()
    async with running(database, temporal_address, slow) as (process, stopping, task):
        await eventually(lambda: is_ready(process), seconds=20)
        queue = process.settings.queues[1]
        handle = await temporal.start_workflow("one_step", queue, id=f"w-{uuid4()}", task_queue="runs", result_type=str)
        await asyncio.wait_for(slow.began.wait(), 10)
        stopping.set()
        await eventually(says(process, "temporal"))
        assert not task.done()
        slow.go_on.set()
        await asyncio.wait_for(task, 20)
    async with Worker(temporal, task_queue="runs", workflows=[OneStep]):
        assert await asyncio.wait_for(handle.result(), 20) == "done"


async def test_maintenance_that_breaks_is_begun_anew(database: Database, temporal_address: str) -> None:
    begun = asyncio.Queue[int]()

    async def breaks(database: Database, client: Client) -> None:
        begun.put_nowait(1)
        raise RuntimeError("no")

    async with running(database, temporal_address, maintain=breaks):
        for _ in range(2):
            await asyncio.wait_for(begun.get(), 20)


async def test_it_waits_for_a_database_that_is_away(temporal_address: str) -> None:
    nowhere = Database("postgresql://postgres:@/postgres?host=/nonexistent")
    async with running(nowhere, temporal_address) as (process, _, task):
        assert await eventually(says(process, "database"), seconds=20)
        assert not task.done()


async def test_a_namespace_that_is_missing_is_waited_for(database: Database, temporal_address: str) -> None:
    namespace = f"late-{uuid4().hex[:8]}"
    async with running(database, temporal_address, namespace=namespace) as (process, _, task):
        assert await eventually(says(process, "temporal"), seconds=20)
        assert not task.done()
        create = ("operator", "namespace", "create", "-n", namespace, "--address", temporal_address)
        made = await asyncio.create_subprocess_exec(
            embedded_temporal.binary(), *create, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        assert await made.wait() == 0
        await eventually(lambda: is_ready(process), seconds=40)


@pytest.mark.faults
async def test_it_outlives_temporal_and_says_so(database: Database) -> None:
    with tempfile.TemporaryDirectory(prefix="perdure-", ignore_cleanup_errors=True) as folder:
        server = embedded_temporal.start(Path(folder), ui=False)
        try:
            server.stop()
            async with running(database, server.address) as (process, _, _task):
                assert "not connected" in await eventually(says(process, "temporal"), seconds=20)
                server = embedded_temporal.start(Path(folder), ui=False)
                await eventually(lambda: is_ready(process), seconds=30)
                server.stop()
                assert "does not answer" in await eventually(says(process, "temporal"), seconds=20)
                server = embedded_temporal.start(Path(folder), ui=False)
                await eventually(lambda: is_ready(process), seconds=60)
        finally:
            server.stop()
