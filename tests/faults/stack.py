"""A whole Perdure in a folder of its own, in real processes that nothing supervises, and the world it works with."""

import asyncio
import base64
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import asyncpg
import httpx
import psutil

from cli.embedded import postgres, temporal
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.processes import pick_port
from cli.embedded.temporal import EmbeddedTemporal
from db.migrate import upgrade
from tests.cli.conftest import environment
from tests.faults.processes import Program, start_all, wait_for

T = TypeVar("T")

TOKEN = "token-of-the-fault-tests"
KEYS = "faults:" + base64.b64encode(bytes(range(32))).decode()
"""What secrets are encrypted with."""


@dataclass
class World:
    """What steps talk to: a simulated model provider and a ledger, both of which count."""

    folder: Path
    simulator: Program = field(init=False)
    ledger: Program = field(init=False)

    def __post_init__(self) -> None:
        self._http = httpx.Client(timeout=30, trust_env=False)
        simulator, ledger = pick_port(), pick_port()
        self.simulator = self._program("simulator", ["cli.main", "simulator"], simulator, "healthz")
        data = ["examples.refunds.ledger", "--data", str(self.folder / "ledger.sqlite")]
        self.ledger = self._program("ledger", data, ledger, "health")
        self.simulator_url, self.ledger_url = f"http://127.0.0.1:{simulator}", f"http://127.0.0.1:{ledger}"

    def _program(self, name: str, arguments: list[str], port: int, health: str) -> Program:
        url = f"http://127.0.0.1:{port}/{health}"
        return Program(name, [*arguments, "--port", str(port)], environment(), self.folder / f"{name}.log", url)

    def settings(self) -> dict[str, str]:
        """Environment of a worker that works with this world."""
        return {
            "OPENAI_BASE_URL": f"{self.simulator_url}/v1",
            "OPENAI_API_KEY": "simulator",
            "PERDURE_MODEL_ALIASES": '{"default": "gpt-4o-mini"}',
            "PERDURE_EGRESS_ALLOW": self.ledger_url.removeprefix("http://"),
        }

    def model_calls(self, step: str) -> int:
        """Calls that the simulator has begun to answer for a step."""
        return int(self._ask(f"{self.simulator_url}/sim/stats")["started_by_step"].get(step, 0))

    def ledger_has_mail(self) -> bool:
        """Whether bytes wait for the ledger that it has not read yet."""
        port = f":{urlsplit(self.ledger_url).port:04X}"
        connections = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        mine = [queues for _, local, _, state, queues, *_ in connections if state == "01" and local.endswith(port)]
        return any(int(queues.partition(":")[2], 16) for queues in mine)

    def refunds(self) -> dict[str, float]:
        """What the ledger has counted in all: requests, distinct keys, replayed, refunds, amount."""
        totals: dict[str, float] = self._ask(f"{self.ledger_url}/stats")["total"]
        return totals

    def _ask(self, url: str) -> Any:
        return self._http.get(url).json()

    def kill(self) -> None:
        """End it."""
        self._http.close()
        self.simulator.kill()
        self.ledger.kill()


@dataclass
class Perdure:
    """A Perdure on a data folder, as its clients see it.

    Args:
        folder: Data folder.
        world: What its steps talk to.
    """

    folder: Path
    world: World
    api_port: int = field(init=False, default_factory=pick_port)

    def __post_init__(self) -> None:
        self._http = httpx.Client(
            base_url=f"http://127.0.0.1:{self.api_port}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=30,
            trust_env=False,
        )

    def settings(self) -> dict[str, str]:
        """Environment of its processes."""
        own = {"PERDURE_API_TOKEN": TOKEN, "PERDURE_DATA_DIR": str(self.folder), "PERDURE_ENCRYPTION_KEYS": KEYS}
        return {**own, **self.world.settings()}

    def call(self, method: str, path: str, **request: Any) -> httpx.Response:
        """One request to the API; the caller looks at the status."""
        return self._http.request(method, path, **request)

    def decide(self, approval: str, decision: str) -> httpx.Response:
        """One answer to a request as it is shown now; the caller looks at the status."""
        shown = self.call("GET", f"/v1/approvals/{approval}")
        if not shown.is_success:
            return shown
        answer = {"decision": decision, "digest": shown.json()["digest"]}
        return self.call("POST", f"/v1/approvals/{approval}/decide", json=answer)

    def read(self, resource: str, **query: Any) -> Any:
        """A resource; waits while the API or the database behind it is away."""

        def look() -> httpx.Response | None:
            try:
                answer = self.call("GET", resource, params=query)
            except httpx.TransportError:
                return None
            return answer if answer.is_success else None

        return wait_for(look, f"GET {resource}").json()

    def down(self) -> None:
        """End everything."""
        self._http.close()
        self.world.kill()


@dataclass
class Stack(Perdure):
    """Embedded servers, API and worker, started as `perdure up` starts them; tests kill and restart each alone."""

    postgres: EmbeddedPostgres = field(init=False)
    temporal: EmbeddedTemporal = field(init=False)
    api: Program = field(init=False)
    worker: Program = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.start_postgres()
        self.start_temporal()
        aside(upgrade(self.postgres.url))
        worker = pick_port()
        self.api = self._program("api", ["--port", str(self.api_port)], self.api_port)
        self.worker = self._program("worker", ["--health-port", str(worker)], worker)

    def _program(self, name: str, arguments: list[str], port: int) -> Program:
        settings = environment(
            PERDURE_DATABASE_URL=self.postgres.url, PERDURE_TEMPORAL_ADDRESS=self.temporal.address, **self.settings()
        )
        # The API is ready only when there is a worker; alive is enough for tests that take the worker away.
        url = f"http://127.0.0.1:{port}/{'healthz' if name == 'api' else 'readyz'}"
        return Program(name, ["cli.main", name, *arguments], settings, self.folder / f"{name}.log", url)

    def start_postgres(self) -> None:
        """Start PostgreSQL on the folder, after whatever happened to it."""
        self.postgres = postgres.start(self.folder)

    def start_temporal(self) -> None:
        """Start Temporal on the folder and the same port."""
        self.temporal = temporal.start(self.folder, ui=False)

    def kill_postgres(self) -> None:
        """kill -9 of the postmaster."""
        kill(self.postgres.pid)

    def kill_temporal(self) -> None:
        """kill -9."""
        kill(self.temporal.pid)

    def up(self) -> None:
        """Bring everything that a test has left dead back to life."""
        self.start_postgres()
        self.start_temporal()
        self.world.ledger.thaw()
        start_all(self.world.simulator, self.world.ledger, self.api, self.worker)

    def down(self) -> None:
        """See base class."""
        self.worker.kill()
        self.api.kill()
        super().down()
        self.temporal.stop()
        self.postgres.stop("immediate")

    def count_functions(self) -> None:
        """From now on let PostgreSQL count the calls of its functions, anew."""
        database = urlsplit(self.postgres.url).path.removeprefix("/")
        self.query(f"ALTER DATABASE {database} SET track_functions = 'pl'")
        self.cut_connections()  # they keep the setting that they were opened with
        self.query("SELECT pg_stat_reset()")

    def function_calls(self, name: str) -> int:
        """Calls of a function since then."""
        self.cut_connections()  # each reports what it has counted when it ends
        return int(self.query(f"SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = '{name}'"))

    def cut_connections(self) -> None:
        """End all connections to the database."""
        others = "FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        self.query(f"SELECT count(pg_terminate_backend(pid, 10000)) {others}")

    def query(self, statement: str) -> Any:
        """The first value that a statement gives, as the owner of the database."""

        async def ask() -> Any:
            connection = await asyncpg.connect(self.postgres.url)
            try:
                return await connection.fetchval(statement)
            finally:
                await connection.close()

        return aside(ask())


def aside(work: Coroutine[Any, Any, T]) -> T:
    """Do asynchronous work apart from the event loop of the test session."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def kill(pid: int) -> None:
    """kill -9 of a server, and wait until it is gone."""
    process = psutil.Process(pid)
    process.kill()
    wait_for(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, "the server is dead")


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """A stack for as long as the block runs."""
    stack = Stack(folder, World(folder))
    try:
        stack.up()
        yield stack
    finally:
        stack.down()
