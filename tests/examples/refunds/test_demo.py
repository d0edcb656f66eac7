"""The demo as a person starts it, from nothing to its verdict, and through a kill -9 of everything that is ours."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[3]
PROOF = "Each order that had to be refunded was refunded exactly once, and no other."

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]


class Demo:
    """A `perdure demo --exit` with a data folder of its own."""

    def __init__(self, folder: Path, log: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "demo", "--exit", "--data-dir", folder],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def wait_until(self, true: Callable[[str], bool], seconds: float = 120) -> None:
        give_up = time.monotonic() + seconds
        while not true(self.said):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < give_up, self.said
            time.sleep(0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    for process in processes_of(tmp_path / "data"):
        process.kill()


def processes_of(folder: Path) -> list[psutil.Process]:
    """Everything that names the data folder in its command line."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        if any(str(folder) in argument for argument in process.info["cmdline"] or ()):
            found.append(process)
    return found


def test_it_ends_with_the_right_result_and_leaves_nothing_running(folder: Path, tmp_path: Path):
    demo = Demo(folder, tmp_path / "log")
    assert demo.process.wait(300) == 0, demo.said
    assert PROOF in demo.said
    assert "sent 7 refund requests under 6 idempotency keys" in demo.said  # one answer is lost on purpose
    assert processes_of(folder) == []


@pytest.mark.longer
def test_after_a_kill_of_everything_the_next_start_goes_on_with_the_run(folder: Path, tmp_path: Path):
    first = Demo(folder, tmp_path / "first")
    first.wait_until(lambda said: said.count(".pay completed") >= 2)
    for process in [psutil.Process(first.process.pid), *processes_of(folder)]:
        process.kill()
    assert "run completed" not in first.said
    first.process.wait(10)

    second = Demo(folder, tmp_path / "second")
    assert second.process.wait(300) == 0, second.said
    assert "going on with run" in second.said
    assert PROOF in second.said
