"""A supervised child: comes back when it dies, goes when its parent does."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from cli.embedded.processes import find_by_command, pick_port
from cli.process.child import Child
from tests.cli.conftest import environment

pytestmark = pytest.mark.faults

PARENT = """
import os, sys, time
from pathlib import Path
from cli.process.child import Child
folder = Path(sys.argv[1])
child = Child("simulator", ["--port", sys.argv[2], "--supervised-from", str(folder)], dict(os.environ),
              folder / "log", str(folder))
child.start()
print(child.pid, flush=True)
time.sleep(60)
"""


def wait_until(look: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


def simulator(folder: Path, *arguments: str) -> Child:
    port = arguments or ("--port", str(pick_port()))
    return Child(
        "simulator",
        [*port, "--supervised-from", str(folder)],
        dict(environment()),
        folder / "simulator.log",
        str(folder),
        grace=10,
    )


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    made = simulator(tmp_path)
    yield made
    made.stop()


def speaks(child: Child) -> bool:
    return "simulator on http" in child.log.read_text()


def test_it_is_started_again_after_a_kill(child: Child) -> None:
    child.start()
    first = child.pid
    wait_until(lambda: speaks(child))
    assert child.tend() is None
    assert first is not None
    os.kill(first, signal.SIGKILL)
    sentences: list[str] = []
    wait_until(lambda: sentences or sentences.extend(filter(None, [child.tend()])))
    assert "signal SIGKILL" in sentences[0]
    wait_until(lambda: child.tend() or child.pid)
    assert child.pid != first


def test_pauses_grow_while_it_keeps_dying(tmp_path: Path) -> None:
    child = simulator(tmp_path, "--port", "not-a-number")
    child.start()
    sentences: list[str] = []
    wait_until(lambda: sentences.extend(filter(None, [child.tend()])) or len(sentences) == 2)
    assert "exit status 2" in sentences[0]
    assert "in 0.5 s" in sentences[0]
    assert "in 1 s" in sentences[1]
    assert "Usage: perdure simulator" in child.last_words()
    child.stop()


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), str(pick_port())],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    wait_until(lambda: (tmp_path / "log").exists() and "simulator on" in (tmp_path / "log").read_text())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not psutil.pid_exists(pid))


def test_leftovers_are_found_and_ended(child: Child, tmp_path: Path) -> None:
    child.start()
    wait_until(lambda: speaks(child))
    successor = simulator(tmp_path)
    assert successor.remove_leftovers() == 1
    assert not find_by_command("simulator", str(tmp_path))
    assert simulator(tmp_path / "other").remove_leftovers() == 0


def test_stopping_it_is_clean_and_may_be_repeated(child: Child) -> None:
    child.start()
    wait_until(lambda: speaks(child))
    pid = child.pid
    child.stop()
    child.stop()
    assert child.pid is None
    assert pid is not None
    assert not psutil.pid_exists(pid)
    assert "Traceback" not in child.last_words()
