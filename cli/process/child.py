"""One supervised child process: start, log, restart with growing pauses, stop."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from cli.embedded.processes import find_by_command, rotate, stop_processes, tail
from cli.process.parent import PARENT_PIPE

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
SETTLED_AFTER = 30.0
"""A child that has lived this many seconds starts again at once when it dies."""


@dataclass
class Child:
    """A command of ours as a process of its own.

    Args:
        name: Command, such as `worker`.
        arguments: What follows the command.
        environment: Its whole environment.
        log: File for its output.
        marker: Argument by which a leftover of an earlier parent is found; part of `arguments`.
        grace: Seconds between being asked to end and being ended.
    """

    name: str
    arguments: list[str]
    environment: dict[str, str]
    log: Path
    marker: str
    grace: float = 45.0
    _process: subprocess.Popen[bytes] | None = None
    _pipe: int | None = None
    _started: float = 0.0
    _pause: float = field(default=0.0)
    _not_before: float = 0.0

    @property
    def pid(self) -> int | None:
        """Process id, if it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def remove_leftovers(self) -> int:
        """End children of a parent that was killed, quickly; how many there were."""
        leftovers = [process for process in find_by_command(self.name, self.marker) if process.pid != self.pid]
        stop_processes(leftovers, grace=3)
        return len(leftovers)

    def start(self) -> None:
        """Start the process in a session of its own: a Ctrl-C in the terminal is for the parent only."""
        rotate(self.log)
        reading, self._pipe = os.pipe()
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-P", "-m", "cli.main", self.name, *self.arguments],
                env={**self.environment, PARENT_PIPE: str(reading)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=(reading,),
            )
        os.close(reading)
        self._started = time.monotonic()

    def tend(self) -> str | None:
        """Start it again if it has died and its pause is over; a sentence if it has died since the last call."""
        if self._process is None:
            if time.monotonic() >= self._not_before:
                self.start()
            return None
        status = self._process.poll()
        if status is None:
            return None
        self._forget()
        lived = time.monotonic() - self._started
        self._pause = 0.0 if lived > SETTLED_AFTER else min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        self._not_before = time.monotonic() + self._pause
        return f"the {self.name} has ended ({_reason(status)}); starting it again in {self._pause:g} s"

    def last_words(self) -> str:
        """The end of its log."""
        return tail(self.log)

    def ask_to_end(self) -> None:
        """Send SIGTERM."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)

    def stop(self, grace: float | None = None) -> None:
        """Ask it to end, wait, and end it by force if it takes too long."""
        if self._process is None:
            return
        self.ask_to_end()
        try:
            self._process.wait(self.grace if grace is None else grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        self._process = None
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


def _reason(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-status).name}"
    return f"signal {-status}"
