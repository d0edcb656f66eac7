"""Programs of ours as real processes: started, killed with -9, started again."""

import os
import signal
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cli.embedded.processes import tail
from tests.support.forkery import Forked, forkery

PATIENCE = 90.0
"""Seconds that anything may take on a machine that others use too."""

T = TypeVar("T")


def wait_for(look: Callable[[], T], what: str, *, seconds: float = PATIENCE, pause: float = 0.01) -> T:
    """The first true answer of `look`.

    Raises:
        AssertionError: if there is none in time; it says what was waited for.
    """
    deadline = time.monotonic() + seconds
    while not (answer := look()):
        assert time.monotonic() < deadline, f"{what}: not within {seconds:g} s"
        time.sleep(pause)
    return answer


@dataclass
class Program:
    """A module of ours run as a process of its own.

    Args:
        name: For messages and the name of the log.
        arguments: What follows `python -m`.
        environment: Its whole environment.
        log: File for its output.
        ready_url: Answers 200 when it works.
    """

    name: str
    arguments: list[str]
    environment: Mapping[str, str]
    log: Path
    ready_url: str
    process: Forked | None = None

    @property
    def pid(self) -> int | None:
        """Process id, if it was started."""
        return None if self.process is None else self.process.pid

    def start(self) -> None:
        """Start it unless it runs; it ends when this test process does, however that ends."""
        if self.process is not None and self.process.poll() is None:
            return
        self.kill()
        reading, self._writing = os.pipe()
        with self.log.open("ab") as output:
            forks = forkery(self.environment["PYTHONPATH"])
            self.process = forks.start(self.arguments, self.environment, output.fileno(), reading)
        os.close(reading)

    def kill(self) -> None:
        """kill -9, at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            os.close(self._writing)
            self.process = None

    def freeze(self) -> None:
        """Let it answer nothing until it is thawed; what is sent to it waits in its socket."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def wait_until_ready(self) -> None:
        """Wait until it works."""
        wait_for(self._is_ready, f"{self.name} is ready, see {self.log}", pause=0.05)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the {self.name} has ended:\n{tail(self.log, 30)}"
        try:
            with urllib.request.urlopen(self.ready_url, timeout=10) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def start_all(*programs: Program) -> None:
    """Start programs side by side and wait until all of them work."""
    for program in programs:
        program.start()
    for program in programs:
        program.wait_until_ready()
