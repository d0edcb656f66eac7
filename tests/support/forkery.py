"""Starts programs of ours from a process that has imported them already; each can be killed like any other process.

Importing what a worker needs takes three seconds of CPU, and the fault tests start hundreds of workers.

    python -m tests.support.forkery DESCRIPTOR

serves orders on a socket: `{"arguments": …, "environment": …}` with two descriptors: one for output, and the pipe
by which a program follows its parent. Each is answered by a process id.
"""

import gc
import importlib
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson

from cli.process.parent import PARENT_PIPE

ROOT: Final = Path(__file__).parents[2]
IMPORTED: Final = ("cli.main", "workers.main", "api.main", "simulator.main", "openai", "anthropic")
_MOST_BYTES: Final = 1 << 20


class Forked:
    """A process that was forked elsewhere, with what tests need of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def poll(self) -> bool | None:
        """Something but nothing once it has ended; how, only its parent knows."""
        return bool(select.select([self._descriptor], [], [], 0)[0]) or None

    def wait(self) -> None:
        """Wait until it has ended."""
        select.select([self._descriptor], [], [])

    def kill(self) -> None:
        """kill -9."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._descriptor, number)


class Forkery:
    """The process that forks; it ends with this one."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        number = theirs.fileno()
        command = [sys.executable, "-P", "-m", "tests.support.forkery", str(number)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, pass_fds=(number,)
        )
        theirs.close()

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], output: int, pipe: int) -> Forked:
        """Run `python -m arguments` in a session of its own.

        Args:
            arguments: Module, and what follows it.
            environment: Its whole environment.
            output: Descriptor for what it writes.
            pipe: Reading end; the program ends when nobody has the writing end any more.
        """
        order = orjson.dumps({"arguments": list(arguments), "environment": dict(environment)})
        socket.send_fds(self._socket, [order], [output, pipe])
        return Forked(int(self._socket.recv(100)))


@cache
def forkery(python_path: str) -> Forkery:
    """The one of this test process."""
    return Forkery({**os.environ, "PYTHONPATH": python_path})


def main() -> None:
    """Serve orders until the socket is closed; in a forked process, be the program."""
    served = socket.socket(fileno=int(sys.argv[1]))
    for name in IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    while received := socket.recv_fds(served, _MOST_BYTES, 2):
        data, descriptors, *_ = received
        if not data:
            return
        _bury_the_dead()
        child = os.fork()
        if child == 0:
            served.close()
            _become(orjson.loads(data), *descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        served.send(str(child).encode())


def _bury_the_dead() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        return


def _become(order: dict[str, Any], output: int, pipe: int) -> None:
    os.setsid()
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    os.environ.clear()
    os.environ.update(order["environment"], **{PARENT_PIPE: str(pipe)})
    module, *sys.argv[1:] = order["arguments"]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
