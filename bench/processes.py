"""Processes that a benchmark starts: they end with it, however it ends, and their output goes to a file."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from cli.embedded.processes import tail
from cli.process.parent import PARENT_PIPE

READY_SECONDS = 90.0


class BenchError(Exception):
    """A benchmark cannot go on; the message says why."""


class Process:
    """A Python module as a process."""

    def __init__(self, module: str, *arguments: str, log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.log = log
        self._module = module
        reading, writing = os.pipe()
        self._pipe: int | None = writing
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env={**os.environ, **(environment or {}), PARENT_PIPE: str(reading)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=(reading,),
            )
        os.close(reading)

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def wait_for_file(self, path: Path) -> None:
        """Wait until the process has made a file."""
        self._wait(path.exists)

    def wait_for_url(self, url: str) -> None:
        """Wait until an address answers with success."""
        self._wait(lambda: _answers(url))

    def kill(self) -> None:
        """End it without warning."""
        self._process.kill()
        self._process.wait()

    def stop(self, grace: float = 5.0) -> None:
        """Ask it to end, and end it if it does not."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(grace)
            except subprocess.TimeoutExpired:
                self.kill()
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None

    def _wait(self, ready: Callable[[], bool]) -> None:
        give_up = time.monotonic() + READY_SECONDS
        while not ready():
            if self._process.poll() is not None or time.monotonic() > give_up:
                raise BenchError(f"{self._module} does not start; its output ends with:\n{tail(self.log)}")
            time.sleep(0.02)


@contextmanager
def running(process: Process) -> Iterator[Process]:
    """A process for as long as the block runs."""
    try:
        yield process
    finally:
        process.stop()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=10, trust_env=False).is_success
    except httpx.HTTPError:
        return False
