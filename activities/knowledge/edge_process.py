"""Our side of the process that Qdrant Edge works in."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, Final

_PATIENCE: Final = 120.0
"""Seconds that one request may take; whoever takes longer will never answer."""
_LAST_WORDS: Final = 10.0
"""Seconds that it has for clearing its folders away."""


@dataclass(frozen=True)
class _Running:
    process: subprocess.Popen[bytes]
    connection: Connection
    folder: str


class EdgeGoneError(Exception):
    """The process has ended, and with it everything that it held."""


class EdgeProcess:
    """Qdrant Edge in a process of its own.

    It keeps Python's lock for as long as it works: in our process nothing else would go on meanwhile, not even the
    heartbeats of other steps. It is started when it is first asked, and ends with us, whatever ends us.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="knowledge")
        self._running: _Running | None = None

    async def ask(self, *request: Any) -> Any:
        """See `Shards.answer`; one request after the other, also if nobody waits any more.

        Raises:
            EdgeGoneError: If the process died or does not answer, or was started anew since the base was opened.
            RuntimeError: If it cannot do it.
        """
        state, value = await asyncio.get_running_loop().run_in_executor(self._thread, self._ask, request)
        if state == "gone":
            raise EdgeGoneError
        if state == "failed":
            raise RuntimeError(value)
        return value

    async def close(self) -> None:
        """End it."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._end)
        self._thread.shutdown()

    def _ask(self, request: tuple[Any, ...]) -> tuple[str, Any]:
        if self._running is None:
            self._running = _start()
        running = self._running
        try:
            running.connection.send(request)
            if not running.connection.poll(_PATIENCE):
                running.process.kill()
            answer: tuple[str, Any] = running.connection.recv()
        except (EOFError, OSError):
            self._end()
            return "gone", None
        return answer

    def _end(self) -> None:
        if self._running is None:
            return
        running, self._running = self._running, None
        running.connection.close()
        try:
            running.process.wait(_LAST_WORDS)
        except subprocess.TimeoutExpired:
            running.process.kill()
            running.process.wait()
        # It clears away itself, unless it was killed.
        shutil.rmtree(running.folder, ignore_errors=True)


def _start() -> _Running:
    ours, theirs = Pipe()
    folder = tempfile.mkdtemp(prefix="perdure-knowledge-")
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", "-m", "activities.knowledge.edge_shards", str(theirs.fileno()), folder],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
        )
    return _Running(process, ours, folder)
