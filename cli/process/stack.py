"""Everything `perdure up` runs: embedded servers, then simulator, API and worker; stopped in reverse order."""

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import httpx
import psutil

from cli.data_folder import DataFolder
from cli.embedded import postgres, temporal
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.processes import EmbeddedServerError, becomes_free, is_free, pick_port
from cli.embedded.temporal import EmbeddedTemporal
from cli.errors import CliError
from cli.process.child import Child

DEFAULT_PORT = 8321
_Server = TypeVar("_Server")
MAX_DEATHS_AT_START = 3
RETRY_SERVERS_AFTER = 5.0


@dataclass(frozen=True)
class Setup:
    """What to start.

    Args:
        folder: Where the data is.
        port: Port of the API if one was asked for.
        simulator: Whether a simulated model provider answers instead of the real ones.
        host: Address on which the API listens.
        workers: Processes that execute runs; with two, the death of one is made up for by the other.
        web_dir: Folder of the built web app, if it is not beside the code.
    """

    folder: DataFolder
    port: int | None = None
    simulator: bool = False
    host: str = "127.0.0.1"
    workers: int = 1
    web_dir: Path | None = None


@dataclass
class Stack:
    """The running whole. `announce` is called with one sentence for each thing that happens."""

    setup: Setup
    announce: Callable[[str], None]
    postgres: EmbeddedPostgres | None = None
    temporal: EmbeddedTemporal | None = None
    children: list[Child] = field(default_factory=list)
    deaths: int = 0
    _servers_not_before: float = 0.0

    def start(self, stopping: Callable[[], bool]) -> None:
        """Start everything; returns early if a stop is asked for in the middle.

        Raises:
            CliError: Something cannot be started.
        """
        self.setup.folder.check_whole()
        self.children = self._children()
        removed = sum(child.remove_leftovers() for child in self.children)
        if removed:
            self.announce(f"ended {removed} process(es) of an earlier start that was killed")
        self._check_port()
        for step in (self._start_servers, self._migrate, self._start_children):
            if not stopping():
                step()

    def tend(self) -> None:
        """Bring back whatever has died; call it a few times a second."""
        self._tend_servers()
        for child in self.children:
            if sentence := child.tend():
                self.deaths += 1
                self.announce(sentence)

    def missing(self) -> str | None:
        """What is not ready yet, or nothing."""
        for child in self.children:
            if child.pid is None:  # whoever answers on its port is not ours
                return f"{child.name}: is not running"
        answering = [("API", self.api_url), *(("worker", url) for url in self.worker_urls)]
        for name, url in ((name, f"{url}/readyz") for name, url in answering):
            if complaint := _not_ready(url):
                return f"{name}: {complaint}"
        return None

    def give_up_if_hopeless(self) -> None:
        """At start only: end with the log's last lines when a child dies again and again.

        Raises:
            CliError: It does.
        """
        if self.deaths >= MAX_DEATHS_AT_START:
            broken = next((child for child in self.children if child.pid is None), self.children[0])
            raise CliError(f"the {broken.name} does not start; its log {broken.log} ends with:\n{broken.last_words()}")

    def stop(self, *, quickly: bool = False) -> None:
        """Stop everything in reverse order; the worker first finishes what it is doing."""
        for child in reversed(self.children):
            child.stop(grace=2 if quickly else None)
        if self.temporal is not None:
            self.temporal.stop()
        if self.postgres is not None:
            self.postgres.stop()

    def processes(self) -> list[tuple[str, int]]:
        """Name and process id of everything that runs, the supervisor included."""
        running = [("perdure itself", os.getpid())]
        running += [(child.name, child.pid) for child in self.children if child.pid]
        servers = (("PostgreSQL", self.postgres), ("Temporal", self.temporal))
        return running + [(name, server.pid) for name, server in servers if server is not None]

    @property
    def api_url(self) -> str:
        """Where the API listens."""
        host = "127.0.0.1" if self.setup.host in ("0.0.0.0", "::") else self.setup.host  # noqa: S104 - compared only
        return f"http://{host}:{self._port('api_port', self.setup.port)}"

    @property
    def api_token(self) -> str:
        """The operator's token."""
        return os.environ.get("PERDURE_API_TOKEN") or self.setup.folder.token()

    @property
    def worker_urls(self) -> list[str]:
        """Health and metrics of each worker."""
        return [f"http://127.0.0.1:{port}" for _, port in self._workers()]

    @property
    def simulator_url(self) -> str:
        """The simulated model provider."""
        return f"http://127.0.0.1:{self._port('simulator_port')}"

    def _port(self, name: str, wanted: int | None = None) -> int:
        """A port that stays the same from start to start."""
        remembered = self.setup.folder.remembered().get(name)
        if wanted is not None:
            port = wanted
        elif isinstance(remembered, int):
            port = remembered
        else:
            port = DEFAULT_PORT if name == "api_port" and is_free(DEFAULT_PORT) else pick_port()
        if port != remembered:
            self.setup.folder.remember(**{name: port})
        return port

    def _check_port(self) -> None:
        if becomes_free(self._port("api_port", self.setup.port)):
            return
        if self.setup.port is not None:
            raise CliError(f"port {self.setup.port} is taken by another program; choose another one with --port")
        self.setup.folder.remember(api_port=pick_port())
        self.children = self._children()

    def _children(self) -> list[Child]:
        api = ["--host", self.setup.host, "--port", str(self._port("api_port", self.setup.port))]
        children = [
            self._child("api", api, grace=15),
            *(self._child("worker", ["--health-port", str(port)], log=log) for log, port in self._workers()),
        ]
        if self.setup.simulator:
            children.insert(0, self._child("simulator", ["--port", str(self._port("simulator_port"))], grace=3))
        return children

    def _workers(self) -> list[tuple[str, int]]:
        """Name of the log and health port of each."""
        names = ["worker", *(f"worker-{number}" for number in range(2, self.setup.workers + 1))]
        return [(name, self._port(f"{name.replace('-', '_')}_port")) for name in names]

    def _child(self, name: str, arguments: list[str], grace: float = 45, log: str | None = None) -> Child:
        marker = str(self.setup.folder.path)
        arguments = [*arguments, "--supervised-from", marker]
        return Child(name, arguments, {}, self.setup.folder.logs / f"{log or name}.log", marker, grace)

    def _start_servers(self) -> None:
        if not _configured_database():
            self.announce("starting PostgreSQL")
            self.postgres = self._embedded(lambda: postgres.start(self.setup.folder.path))
        if not os.environ.get("PERDURE_TEMPORAL_ADDRESS"):
            self.announce("starting Temporal")
            self.temporal = self._embedded(lambda: temporal.start(self.setup.folder.path))

    def _embedded(self, start: "Callable[[], _Server]") -> "_Server":
        try:
            return start()
        except (EmbeddedServerError, OSError) as failed:
            raise CliError(str(failed)) from failed

    def _migrate(self) -> None:
        from db.migrate import upgrade  # late: alembic and SQLAlchemy take a second to import

        admin_url = os.environ.get("PERDURE_DATABASE_ADMIN_URL") or self._database_url()
        try:
            asyncio.run(upgrade(admin_url))
        except Exception as failed:
            raise CliError(f"the database cannot be brought to the newest schema: {failed}") from failed

    def _start_children(self) -> None:
        environment = self._environment()
        self.setup.folder.remember(api_url=self.api_url)
        for child in self.children:
            self.announce(f"starting the {child.name}")
            child.environment = environment
            child.start()

    def _environment(self) -> dict[str, str]:
        folder = self.setup.folder
        environment = {
            **os.environ,
            "PERDURE_DATABASE_URL": self._database_url(),
            "PERDURE_DATA_DIR": str(folder.path),
            "PERDURE_API_TOKEN": self.api_token,
            # Where links, forms and identity providers lead back to, if it has no better name.
            "PERDURE_PUBLIC_URL": os.environ.get("PERDURE_PUBLIC_URL") or self.api_url,
            "PERDURE_WEBHOOK_SECRET": os.environ.get("PERDURE_WEBHOOK_SECRET") or folder.webhook_secret(),
        }
        if not os.environ.get("PERDURE_ENCRYPTION_KEYS") and not os.environ.get("PERDURE_ENCRYPTION_KEYS_FILE"):
            environment["PERDURE_ENCRYPTION_KEYS_FILE"] = str(folder.encryption_keys())
        if self.setup.web_dir is not None:
            environment["PERDURE_API_WEB_DIR"] = str(self.setup.web_dir.resolve())
        if self.temporal is not None:
            environment["PERDURE_TEMPORAL_ADDRESS"] = self.temporal.address
        return environment | (self._simulated_providers() if self.setup.simulator else {})

    def _simulated_providers(self) -> dict[str, str]:
        """Real keys are replaced too: the simulator has no business seeing them."""
        return {
            "OPENAI_BASE_URL": f"{self.simulator_url}/v1",
            "OPENAI_API_KEY": "simulator",
            "ANTHROPIC_BASE_URL": self.simulator_url,
            "ANTHROPIC_API_KEY": "simulator",
        }

    def _database_url(self) -> str:
        return _configured_database() or (self.postgres.url if self.postgres else "")

    def _tend_servers(self) -> None:
        if time.monotonic() < self._servers_not_before:
            return
        self._servers_not_before = time.monotonic() + 1.0
        try:
            if self.postgres is not None and not _runs(self.postgres.pid, "postgres"):
                self.announce("PostgreSQL has ended; starting it again")
                self.postgres = postgres.start(self.setup.folder.path)
            if self.temporal is not None and not _runs(self.temporal.pid, "temporal"):
                self.announce("Temporal has ended; starting it again")
                self.temporal = temporal.start(self.setup.folder.path)
        except (EmbeddedServerError, OSError) as failed:
            self.announce(str(failed))
            self._servers_not_before = time.monotonic() + RETRY_SERVERS_AFTER


def _configured_database() -> str | None:
    return os.environ.get("PERDURE_DATABASE_URL") or os.environ.get("DATABASE_URL")


def _runs(pid: int, name: str) -> bool:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and Path(process.name()).name.startswith(name)
    return False


def _not_ready(url: str) -> str | None:
    try:
        answer = httpx.get(url, timeout=5, trust_env=False)
    except httpx.HTTPError as failed:
        return f"does not answer ({type(failed).__name__})"
    if answer.is_success:
        return None
    return f"says {answer.status_code}: {answer.text[:300]}"
