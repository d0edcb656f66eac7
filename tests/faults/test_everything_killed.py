"""kill -9 of a whole `perdure up`: the supervisor, its children, PostgreSQL and Temporal, all in one moment."""

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.cli.conftest import environment
from tests.faults.documents import asking, chain
from tests.faults.histories import keep_history
from tests.faults.processes import Program, start_all, wait_for
from tests.faults.runs import assert_paid_once, assert_unharmed, publish, start
from tests.faults.stack import Perdure, World

pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@dataclass
class Supervised(Perdure):
    """A `perdure up`."""

    program: Program = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        arguments = ["cli.main", "up", "--data-dir", str(self.folder), "--port", str(self.api_port)]
        url = f"http://127.0.0.1:{self.api_port}/readyz"
        self.program = Program("up", arguments, environment(**self.settings()), self.folder / "up.log", url)

    def up(self) -> None:
        start_all(self.world.simulator, self.world.ledger, self.program)

    def processes(self) -> list[psutil.Process]:
        """The supervisor, everything that names the data folder in its command line, and the children of all that."""
        found = [process for process in psutil.process_iter() if self._is_ours(process)]
        for process in list(found):
            with suppress(psutil.Error):
                found += process.children(recursive=True)
        return list(dict.fromkeys(found))

    def _is_ours(self, process: psutil.Process) -> bool:
        if process.pid == self.program.pid:
            return True
        with suppress(psutil.Error):
            return any(str(self.folder) in argument for argument in process.cmdline())
        return False

    def kill(self) -> int:
        """kill -9 of all its processes; how many there were."""
        killed = self.processes()
        for process in killed:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.program.kill()
        wait_for(lambda: not self.processes(), "nothing is left")
        return len(killed)

    def down(self) -> None:
        self.kill()
        super().down()


@pytest.fixture
def perdure() -> Iterator[Supervised]:
    with (
        tempfile.TemporaryDirectory(prefix="perdure-faults-", ignore_cleanup_errors=True) as folder,
        tempfile.TemporaryDirectory(prefix="perdure-world-", ignore_cleanup_errors=True) as world,
    ):
        running = Supervised(Path(folder), World(Path(world)))
        try:
            running.up()
            yield running
        finally:
            running.down()


def test_everything_killed_at_once(perdure: Supervised):
    ledger = perdure.world.refunds()
    waiting = start(perdure, publish(perdure, asking(perdure.world.ledger_url)))
    approval = waiting.wait_for_approval()
    slug = publish(perdure, chain(perdure.world.ledger_url))
    runs = [start(perdure, slug, slow=slow) for slow in ("", "rest", "reckon", "think")]
    runs[0].wait_until("pay", "completed")
    befores = [run.record() for run in (waiting, *runs)]
    assert perdure.kill() > 4

    perdure.up()
    answer = perdure.decide(approval, "approved")
    assert answer.status_code == 200, answer.text
    for run, before in zip((waiting, *runs), befores, strict=True):
        assert_unharmed(before, run.wait_until_ended())
    assert_paid_once(perdure, ledger, refunds=len(runs) + 1)
    for run, inside in zip(runs, ("pay", "rest", "reckon", "think"), strict=True):
        keep_history(run, f"everything_around_{inside}")
