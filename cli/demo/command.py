"""`perdure demo`, and the hidden command that runs its ledger."""

import os
import runpy
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.services import SupervisedFrom
from cli.commands.up import Stopper, announce, run_stack
from cli.console import complain, say
from cli.data_folder import DataFolder
from cli.demo.files import ROOT, Episode, require_example
from cli.demo.journey import Journey
from cli.errors import FAILED, OK, CliError
from cli.process.child import Child
from cli.process.parent import follow_parent
from cli.process.stack import Setup, Stack

LEDGER = "demo-ledger"
PATIENCE = 600.0
"""Seconds that `--exit` gives the run."""


HUMAN_PACE = ("--latency", "1", "--token-latency", "0.03")
"""How slowly the simulator answers when somebody watches: about as fast as a model, and slow enough to be killed."""


@dataclass
class DemoStack(Stack):
    """The stack of `perdure up`, and the ledger."""

    episode: Episode | None = None
    unhurried: bool = False

    def _children(self) -> list[Child]:
        children = super()._children()
        for child in children:
            if child.name == "simulator" and self.unhurried:
                child.arguments += HUMAN_PACE
        if self.episode is not None:
            data = ["--data", str(self.episode.database(self.setup.folder)), "--port", str(self.episode.ledger_port)]
            children.insert(0, self._child(LEDGER, data, grace=3))
        return children


def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="Approve by itself, check the result, stop; status 0 if it is right.")
    ] = False,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", envvar="PERDURE_DATA_DIR", help="Where all data is kept (~/.perdure).")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", envvar="PERDURE_API_PORT", min=1, max=65535, help="Port of the API (8321).")
    ] = None,
) -> None:
    """Answer a batch of support mails: model calls, a payment service, a loop, and a person's approval."""
    require_example()
    folder = DataFolder.at(data_dir)
    folder.create()
    with folder.held():
        status = _show(folder, port, by_itself=leave)
    raise typer.Exit(status)


def ledger(
    data: Annotated[Path, typer.Option("--data", help="SQLite file.")],
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")],
    supervised_from: SupervisedFrom = None,
) -> None:
    """Run the example's payment service; the answer to its first refund is lost on purpose."""
    follow_parent()
    sys.path.insert(0, str(ROOT))
    sys.argv = [LEDGER, "--data", str(data), "--port", str(port), "--lose-answers", "1"]
    runpy.run_module("examples.refunds.ledger", run_name="__main__")


def _show(folder: DataFolder, port: int | None, *, by_itself: bool) -> int:
    episode = Episode.unfinished(folder) or Episode.fresh()
    _allow(f"127.0.0.1:{episode.ledger_port}")
    simulated = not (os.environ.get("OPENAI_API_KEY") or os.environ.get("ANTHROPIC_API_KEY"))
    say("[dim]no OPENAI_API_KEY or ANTHROPIC_API_KEY: the built-in simulator answers[/]" if simulated else "")
    stack = DemoStack(Setup(folder, port, simulated), announce, episode=episode, unhurried=not by_itself)
    results: list[bool] = []
    run_stack(stack, when_ready=lambda stopper: _set_out(Journey(stack, episode, by_itself), stopper, results.append))
    return OK if not by_itself or results == [True] else FAILED


def _set_out(journey: Journey, stopper: Stopper, report: Callable[[bool], None]) -> None:
    """Travel beside the supervisor, which goes on bringing back what dies."""

    def travel() -> None:
        right = False
        try:
            right = journey.travel()
        except CliError as failed:
            complain(str(failed))
        report(right)
        if journey.by_itself:
            stopper.stop()
        else:
            say("Everything stays up until Ctrl-C; `make demo` shows it again.")

    threading.Thread(target=travel, name="demo", daemon=True).start()
    if journey.by_itself:
        timer = threading.Timer(PATIENCE, _give_up, [stopper])
        timer.daemon = True
        timer.start()


def _give_up(stopper: Stopper) -> None:
    complain(f"the run has not ended within {PATIENCE:g} seconds")
    stopper.stop()


def _allow(address: str) -> None:
    """Let steps call the ledger: private addresses are refused unless they are named."""
    allowed = os.environ.get("PERDURE_EGRESS_ALLOW", "")
    os.environ["PERDURE_EGRESS_ALLOW"] = ",".join(part for part in (allowed, address) if part)
