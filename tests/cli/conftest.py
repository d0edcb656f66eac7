"""Fixtures of the command line's tests: the whole of Perdure as a person starts it."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.data_folder import DataFolder
from cli.embedded.processes import find_by_command, pick_port, stop_processes
from cli.main import run_command

ROOT = Path(__file__).parents[2]
START_SECONDS = 90.0


@dataclass
class Up:
    """A `perdure up` in a folder of its own."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "up.out"

    @property
    def web(self) -> Path:
        """Folder of the web app that it serves."""
        return self.folder.parent / "web"

    @property
    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def start(self) -> None:
        """Start it and wait until it says that it is up."""
        self.log.unlink(missing_ok=True)
        self.log.parent.mkdir(exist_ok=True)
        self.web.mkdir(exist_ok=True)
        (self.web / "index.html").write_text("<title>A web app of one's own</title>")
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command("up", "--data-dir", str(self.folder), "--port", str(self.port), "--simulator"),
                env=environment(PERDURE_WEB_DIR=str(self.web)),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while "Perdure is up" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said + self.logs()
            time.sleep(0.05)

    @property
    def port(self) -> int:
        kept = DataFolder(self.folder).remembered().get("api_port")
        return kept if isinstance(kept, int) else pick_port()

    def logs(self) -> str:
        return "\n".join(file.read_text()[-2000:] for file in (self.folder / "logs").glob("*.log"))

    def pids_of(self, name: str) -> set[int]:
        """Process ids of the children of this name."""
        return {found.pid for found in find_by_command(name, "--supervised-from", str(self.folder))}

    def kill(self) -> None:
        """kill -9 of the supervisor."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, number: int = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does; its exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def run(self, *arguments: str, timeout: float = 90) -> subprocess.CompletedProcess[str]:
        """Run another command against it, as a process."""
        return subprocess.run(
            command("--data-dir", str(self.folder), *arguments),
            env=environment(),
            stdin=subprocess.DEVNULL,
            text=True,
            capture_output=True,
            timeout=timeout,
            check=False,
        )

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same within this process, which saves its start."""
        printed, said = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(said):
            status = run_command(["--data-dir", str(self.folder), *arguments])
        return subprocess.CompletedProcess(list(arguments), status, printed.getvalue(), said.getvalue())

    def remains(self) -> list[str]:
        """Command lines of all processes that have to do with the folder."""
        servers = find_by_command(str(self.folder / "postgres")) + find_by_command(
            str(self.folder / "temporal" / "temporal.db")
        )
        found = find_by_command("--supervised-from", str(self.folder)) + servers
        return [" ".join(process.cmdline()) for process in found]

    def clean(self) -> None:
        """End everything, whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        for fragment in (self.folder, self.folder / "postgres", self.folder / "temporal" / "temporal.db"):
            stop_processes(find_by_command(str(fragment)), grace=3)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "cli.main", *arguments]


def environment(**changes: str) -> Mapping[str, str]:
    """An environment without any configuration of Perdure, in which compiled modules are kept."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PERDURE_", "DATABASE_URL", "OPENAI_", "ANTHROPIC_", "PYTHONDONTWRITE"))
    }
    return {
        "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "perdure-tests-pycache"),
        **kept,
        "PYTHONPATH": str(ROOT),
        **changes,
    }


@pytest.fixture(scope="session")
def up() -> Iterator[Up]:
    """A running `perdure up`. The tests of its life and death come last, in the order of their file."""
    with tempfile.TemporaryDirectory(prefix="perdure-up-", ignore_cleanup_errors=True) as folder:
        running = Up(Path(folder) / "data")
        running.folder.mkdir()
        try:
            running.start()
            yield running
        finally:
            running.clean()
