"""The rivals, ready to be measured."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio.client import Client, WorkflowHandle

from bench.cpu import CpuMeter
from bench.processes import BenchError, Process, running
from bench.rivals.plain_workflow import QUEUE, ChainOrder, PlainChain
from bench.servers import TemporalServer, shipped_temporal, tuned_temporal, work_folder
from cli.embedded.postgres import EmbeddedPostgres


class PlainTemporal:
    """Plain Temporal code with a worker of its own."""

    def __init__(self, client: Client, server: TemporalServer, folder: Path) -> None:
        self.client = client
        self.server = server
        self.folder = folder

    def worker(self, settings: str = "defaults") -> Process:
        """A worker that is ready."""
        ready = self.folder / f"ready-{uuid4()}"
        arguments = (self.server.address, settings, str(ready))
        process = Process("bench.rivals.plain_worker", *arguments, log=self.folder / "plain.log")
        process.wait_for_file(ready)
        return process

    def meter(self, worker: Process) -> CpuMeter:
        """CPU time of everything but the caller."""
        return CpuMeter({"Temporal": self.server.pid, "worker": worker.pid})

    async def start(self, workflow: Any, order: ChainOrder) -> WorkflowHandle[Any, Any]:
        """Start a workflow."""
        handle: WorkflowHandle[Any, Any] = await self.client.start_workflow(
            workflow, order, id=f"plain-{uuid4()}", task_queue=QUEUE
        )
        return handle

    async def run(self, order: ChainOrder) -> WorkflowHandle[Any, Any]:
        """A chain from start to end."""
        handle = await self.start(PlainChain.run, order)
        await handle.result()
        return handle


@asynccontextmanager
async def plain_temporal(*, tuned: bool = True) -> AsyncIterator[PlainTemporal]:
    """A server without a worker."""
    with work_folder() as folder:
        if tuned:
            with tuned_temporal(folder) as server:
                yield PlainTemporal(await Client.connect(server.address), server, folder)
        else:
            async with shipped_temporal(folder) as server:
                yield PlainTemporal(await Client.connect(server.address), server, folder)


@asynccontextmanager
async def plain_with_worker(
    *, tuned: bool = True, settings: str = "defaults"
) -> AsyncIterator[tuple[PlainTemporal, Process]]:
    """A server with a worker."""
    async with plain_temporal(tuned=tuned) as bed:
        with running(bed.worker(settings)) as worker:
            yield bed, worker


async def langgraph(database: EmbeddedPostgres, work: dict[str, Any]) -> dict[str, Any]:
    """Let a LangGraph process do some work; what it found."""
    if find_spec("langgraph") is None:
        raise BenchError("LangGraph is not installed; `make bench` installs it")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.rivals.langgraph_steps", database.url, str(database.pid), json.dumps(work)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        output, errors = await process.communicate()
    except BaseException:
        process.kill()
        raise
    if process.returncode:
        raise BenchError(f"LangGraph failed:\n{errors.decode()[-2_000:]}")
    found: dict[str, Any] = json.loads(output)
    return found


@contextmanager
def bare_api(bed: PlainTemporal, port: int) -> Iterator[str]:
    """The bare route; gives its URL."""
    process = Process("bench.rivals.bare_api", bed.server.address, str(port), log=bed.folder / "api.log")
    with running(process):
        process.wait_for_url(f"http://127.0.0.1:{port}/openapi.json")
        yield f"http://127.0.0.1:{port}"
