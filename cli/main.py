"""The `perdure` command."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.commands import (
    approve,
    audit,
    backup,
    credentials,
    deploy,
    kinds,
    login_link,
    run,
    runs,
    services,
    up,
    validate,
)
from cli.console import complain, say
from cli.demo import command as demo
from cli.errors import FAILED, INTERRUPTED, OK, CliError
from cli.settings import Connection

app = typer.Typer(
    name="perdure",
    help="AI agents as durable workflows: drawn, started, approved, and never lost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

app.command()(up.up)
app.command()(demo.demo)
app.command(demo.LEDGER, hidden=True)(demo.ledger)
app.command()(run.run)
app.command()(run.publish)
app.command()(validate.validate)
app.add_typer(runs.app, name="runs")
app.command()(approve.approve)
app.add_typer(credentials.app, name="credentials")
app.add_typer(audit.app, name="audit")
app.command()(kinds.kinds)
app.command()(login_link.login_link)
app.command(rich_help_panel="Operations")(backup.backup)
app.command(rich_help_panel="Operations")(backup.restore)
app.add_typer(deploy.app, name="deploy", rich_help_panel="Operations")
app.command(rich_help_panel="Processes")(services.worker)
app.command(rich_help_panel="Processes")(services.api)
app.command(rich_help_panel="Processes")(services.simulator)
app.command(rich_help_panel="Processes")(services.migrate)


@app.callback()
def options(
    context: typer.Context,
    url: Annotated[
        str | None, typer.Option("--url", help="URL of the API (PERDURE_API_URL, or what `perdure up` serves).")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", help="API token (PERDURE_API_TOKEN, or the one in the data folder).")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Data folder of the local `perdure up` (PERDURE_DATA_DIR).")
    ] = None,
) -> None:
    """Options of every command that talks to the API."""
    context.obj = Connection(url, token, data_dir)


def main() -> None:
    """Entry point of the installed command."""
    status = run_command(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    if "temporalio" in sys.modules:
        # Its threads may abort the interpreter while it ends, and with it the exit status.
        os._exit(status)
    sys.exit(status)


def run_command(arguments: list[str]) -> int:
    """Run one command; whatever goes wrong that a person can put right is a sentence."""
    try:
        app(arguments, prog_name="perdure")
    except SystemExit as ended:
        return _status(ended)
    except CliError as failed:
        complain(str(failed))
        return failed.status
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python must not complain about it at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return OK


def _status(ended: SystemExit) -> int:
    if ended.code is None or isinstance(ended.code, int):
        return ended.code or OK
    return FAILED


if __name__ == "__main__":
    main()
