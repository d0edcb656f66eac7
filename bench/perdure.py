"""Perdure under test: its worker as a process, and the way of a run from its row to its end, as the API goes it."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from temporalio.client import WorkflowHandle

from api.main import open_services
from api.services import Services
from api.workflows.publishing import publish_text
from api.workflows.version_cache import KnownVersion
from bench import kinds
from bench.cpu import CpuMeter
from bench.processes import Process, running
from bench.servers import Servers, perdure_servers
from cli.embedded.processes import pick_port
from db.audit import Actor
from db.settings import DatabaseSettings
from engine.client import workflow_id
from engine.run_creation import NewRun, create_run
from engine.run_orders import RunOrder
from engine.settings import TemporalSettings
from schemas.messages import RunInput, RunResult

TOKEN = "bench"


@dataclass(frozen=True)
class StartedRun:
    """A run whose workflow was started."""

    id: UUID
    handle: WorkflowHandle[Any, RunResult]


@dataclass(frozen=True)
class Perdure:
    """Perdure on servers of its own."""

    servers: Servers
    services: Services

    async def publish(self, document: Mapping[str, Any]) -> KnownVersion:
        """Publish a document."""
        body = json.dumps(document).encode()
        workspace = self.services.workspace_id
        author = Actor(workspace, kind="system", id=None, name="bench")
        published = await publish_text(self.services, author, body, None)
        return await self.services.versions.get(workspace, published.slug, None)

    async def start(self, version: KnownVersion, value: Any = None) -> StartedRun:
        """Accept a run and start its workflow."""
        run_id, workspace = uuid4(), self.services.workspace_id
        text = None if value is None else json.dumps(value)
        actor = Actor(workspace, kind="system", id=None, name="bench")
        row = NewRun(actor, run_id, version.workflow_id, version.version_id, None, text, None, "")
        await create_run(self.services.database, row)
        order = RunInput(workspace_id=str(workspace), run_id=str(run_id), plan_ref=version.plan, input=value)
        await self.services.dispatcher.launch(RunOrder(version.name, order))
        handle = self.services.temporal.get_workflow_handle(workflow_id(str(run_id), 1), result_type=RunResult)
        return StartedRun(run_id, handle)

    async def run(self, version: KnownVersion, value: Any = None) -> StartedRun:
        """A run from its row to its end."""
        started = await self.start(version, value)
        await started.handle.result()
        return started

    def worker(self, **settings: str) -> Process:
        """A worker that is ready; settings are environment variables."""
        port = pick_port()
        log = self.servers.folder / "worker.log"
        environment = {**environment_of(self.servers), "PERDURE_WORKER_HEALTH_PORT": str(port), **settings}
        process = Process("bench.perdure_worker", log=log, environment=environment)
        process.wait_for_url(f"http://127.0.0.1:{port}/readyz")
        return process

    def meter(self, worker: Process) -> CpuMeter:
        """CPU time of everything but the caller."""
        pids = {"Temporal": self.servers.temporal.pid, "worker": worker.pid}
        return CpuMeter(pids, postmaster=self.servers.postgres.pid)


@asynccontextmanager
async def perdure() -> AsyncIterator[Perdure]:
    """Perdure without a worker."""
    kinds.install()
    async with perdure_servers() as servers:
        settings = DatabaseSettings(database_url=SecretStr(servers.postgres.url))
        engine = TemporalSettings(address=servers.temporal.address)
        async with open_services(settings, engine) as services:
            yield Perdure(servers, services)


@asynccontextmanager
async def perdure_with_worker(**settings: str) -> AsyncIterator[tuple[Perdure, Process]]:
    """Perdure with a worker."""
    async with perdure() as bed:
        with running(bed.worker(**settings)) as worker:
            yield bed, worker


@contextmanager
def perdure_api(servers: Servers) -> Iterator[str]:
    """The API as `perdure api` runs it; gives its URL."""
    port = pick_port()
    arguments = ("api", "--port", str(port))
    process = Process("cli.main", *arguments, log=servers.folder / "api.log", environment=environment_of(servers))
    with running(process):
        process.wait_for_url(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"


def environment_of(servers: Servers) -> dict[str, str]:
    """What `perdure up` would put into the environment of its processes."""
    return {
        "PERDURE_DATABASE_URL": servers.postgres.url,
        "PERDURE_TEMPORAL_ADDRESS": servers.temporal.address,
        "PERDURE_DATA_DIR": str(servers.folder),
        "PERDURE_API_TOKEN": TOKEN,
        # A measurement asks more in a minute than one key may.
        "PERDURE_LIMIT_KEY": "0",
    }


async def history_of(run: WorkflowHandle[Any, Any]) -> tuple[int, int]:
    """Events and bytes of a workflow's history."""
    info = (await run.describe()).raw_description.workflow_execution_info
    return info.history_length, info.history_size_bytes
