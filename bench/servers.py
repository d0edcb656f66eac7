"""The servers of a benchmark: Temporal as shipped or tuned, and PostgreSQL; in a folder that is removed afterwards."""

import asyncio
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client

from bench.processes import BenchError
from cli.embedded import postgres, temporal
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.processes import pick_port, tail
from db.migrate import upgrade


@dataclass(frozen=True)
class TemporalServer:
    """A running Temporal server."""

    address: str
    pid: int


@contextmanager
def work_folder() -> Iterator[Path]:
    """A folder for data and logs."""
    with tempfile.TemporaryDirectory(prefix="perdure-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def tuned_temporal(folder: Path) -> Iterator[TemporalServer]:
    """The embedded server with our settings, as `perdure up` starts it."""
    running = temporal.start(folder, ui=False)
    try:
        yield TemporalServer(running.address, running.pid)
    finally:
        running.stop()


@asynccontextmanager
async def shipped_temporal(folder: Path) -> AsyncIterator[TemporalServer]:
    """The same program on an SQLite file, with none of our settings."""
    port = pick_port()
    database, log = folder / "shipped.db", folder / "shipped.log"
    line = [temporal.binary(), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(port), "--headless"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*line, "--db-filename", str(database), "--log-level", "warn"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        await _wait_for(f"127.0.0.1:{port}", log)
        yield TemporalServer(f"127.0.0.1:{port}", process.pid)
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def postgres_server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """The embedded PostgreSQL, as `perdure up` starts it."""
    running = postgres.start(folder)
    try:
        yield running
    finally:
        running.stop("immediate")


@dataclass(frozen=True)
class Servers:
    """What Perdure needs."""

    folder: Path
    temporal: TemporalServer
    postgres: EmbeddedPostgres


@asynccontextmanager
async def perdure_servers() -> AsyncIterator[Servers]:
    """Both embedded servers with the newest schema."""
    with work_folder() as folder, postgres_server(folder) as database, tuned_temporal(folder) as engine:
        await upgrade(database.url)
        yield Servers(folder, engine, database)


async def _wait_for(address: str, log: Path) -> None:
    for _ in range(300):
        try:
            client = await Client.connect(address)
            await client.count_workflows()
        except Exception:
            await asyncio.sleep(0.1)
        else:
            return
    raise BenchError(f"Temporal does not start; its log ends with:\n{tail(log)}")
