"""Finding, stopping and locking around server processes, by what they are rather than by a number in a file."""

import contextlib
import fcntl
import random
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

PORTS = range(20_000, 32_000)
"""Below the range from which Linux takes the ports of outgoing connections, so that a remembered port stays free."""


class EmbeddedServerError(Exception):
    """An embedded server cannot be started; the message is one sentence for a person."""


@contextlib.contextmanager
def folder_lock(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the kernel releases it when the process dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def find_by_command(*fragments: str) -> list[psutil.Process]:
    """Processes whose command line has every fragment as an argument of its own."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            arguments = process.cmdline()
            if all(fragment in arguments for fragment in fragments):
                found.append(process)
    return found


def stop_processes(processes: Sequence[psutil.Process], grace: float = 10.0) -> None:
    """Ask processes to end, and end by force those that have not after `grace` seconds."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(list(processes), timeout=grace)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=grace)


def is_free(port: int) -> bool:
    """Whether a server could listen on the local port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def becomes_free(port: int, patience: float = 3.0) -> bool:
    """The same, giving a server that is just dying a moment to let go of the port."""
    give_up = time.monotonic() + patience
    while not is_free(port):
        if time.monotonic() > give_up:
            return False
        time.sleep(0.05)
    return True


def pick_port() -> int:
    """A local port on which nothing listens."""
    for port in random.sample(PORTS, 200):
        if is_free(port):
            return port
    raise EmbeddedServerError("no free local port was found")


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log file, for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return f"(no log at {log})"


def rotate(log: Path, max_bytes: int = 20_000_000) -> None:
    """Move a log that has grown too large aside; one older file is kept."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > max_bytes:
            log.replace(log.with_suffix(log.suffix + ".1"))
