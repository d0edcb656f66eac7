"""`perdure up`: the whole of Perdure on one machine, until Ctrl-C."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.panel import Panel
from rich.table import Table

from cli.commands.context import connection_of
from cli.console import err, plain
from cli.data_folder import DataFolder
from cli.login_link import sign_in_link
from cli.process.stack import Setup, Stack

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
TEND_EVERY = 0.25
SAY_WHAT_IS_MISSING_EVERY = 15.0


class _StopAtOnceError(Exception):
    """A second signal: the person does not want to wait."""


class Stopper:
    """Turns signals into a flag; a second one interrupts whatever is going on."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal."""
        if self._asked.is_set() and number != signal.SIGHUP:
            raise _StopAtOnceError
        self._asked.set()

    def stop(self) -> None:
        """Ask for a stop from within."""
        self._asked.set()

    def asked(self) -> bool:
        """Whether a stop is wanted."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep unless a stop is wanted; whether it is."""
        return self._asked.wait(seconds)


def up(
    context: typer.Context,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Where all data is kept (PERDURE_DATA_DIR, ~/.perdure).")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", envvar="PERDURE_API_PORT", min=1, max=65535, help="Port of the API (8321).")
    ] = None,
    host: Annotated[
        str, typer.Option("--host", envvar="PERDURE_API_HOST", help="Address on which the API listens.")
    ] = "127.0.0.1",
    simulator: Annotated[
        bool, typer.Option("--simulator", help="Answer LLM calls with the built-in simulator; needs no key.")
    ] = False,
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=32, help="Worker processes; two make up for the death of one.")
    ] = 2,
    web_dir: Annotated[
        Path | None,
        typer.Option(
            "--web-dir",
            envvar=["PERDURE_API_WEB_DIR", "PERDURE_WEB_DIR"],
            exists=True,
            file_okay=False,
            help="Folder of the built web app; `frontend/dist` beside the code by default.",
        ),
    ] = None,
) -> None:
    """Start everything: PostgreSQL and Temporal (unless URLs are configured), the API and the workers."""
    folder = DataFolder.at(data_dir or connection_of(context).data_dir)
    folder.create()
    with folder.held():
        run_stack(Stack(Setup(folder, port, simulator, host, workers, web_dir), announce))


def announce(sentence: str) -> None:
    """Say what happens; a terminal that is gone must not keep us from stopping cleanly."""
    with contextlib.suppress(OSError):
        err.print(f"[dim]{time.strftime('%H:%M:%S')}[/] {plain(sentence)}")


def run_stack(stack: Stack, when_ready: Callable[[Stopper], None] | None = None) -> None:
    """Start, tend until a signal, stop.

    Args:
        stack: What to run.
        when_ready: Called once when everything answers; it must not block.
    """
    stopper = Stopper()
    before = {number: signal.signal(number, stopper) for number in SIGNALS}
    quickly = False
    try:
        stack.start(stopper.asked)
        _wait_until_ready(stack, stopper)
        if when_ready is not None and not stopper.asked():
            when_ready(stopper)
        while not stopper.wait(TEND_EVERY):
            stack.tend()
    except _StopAtOnceError:
        quickly = True
    finally:
        _stop(stack, quickly=quickly)
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_until_ready(stack: Stack, stopper: Stopper) -> None:
    said = time.monotonic()
    while not stopper.wait(TEND_EVERY):
        stack.tend()
        stack.give_up_if_hopeless()
        missing = stack.missing()
        if missing is None:
            _show_where(stack)
            return
        if time.monotonic() - said > SAY_WHAT_IS_MISSING_EVERY:
            said = time.monotonic()
            announce(f"not ready yet — {missing}")


def _stop(stack: Stack, *, quickly: bool) -> None:
    announce("stopping; the worker finishes what it is doing (press Ctrl-C again to stop at once)")
    try:
        stack.stop(quickly=quickly)
    except _StopAtOnceError:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        stack.stop(quickly=True)
    announce("stopped")


def _show_where(stack: Stack) -> None:
    folder = stack.setup.folder
    table = Table.grid(padding=(0, 2))
    table.add_row("API", f"[bold]{stack.api_url}[/]")
    if stack.temporal is not None and stack.temporal.ui_url:
        table.add_row("Temporal UI", stack.temporal.ui_url)
    if stack.setup.simulator:
        table.add_row("Simulator", stack.simulator_url)
    for url in stack.worker_urls:
        table.add_row("Worker", f"{url}/readyz")
    table.add_row("Data and logs", plain(folder.path))
    table.add_row("API token", plain(folder.path / "token"))
    table.add_row("Next", "[bold]perdure run FILE --input key=value --watch[/]")
    link = sign_in_link(stack)
    with contextlib.suppress(OSError):
        if link is not None:
            # Outside the frame, which would break it into lines.
            err.print(f"Sign in once with  [bold]{plain(link)}[/]")
        err.print(Panel(table, title="Perdure is up", title_align="left", border_style="green", expand=False))
