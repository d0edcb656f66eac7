"""`perdure run` and `perdure publish`: from a file to a running workflow."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient, ApiError
from cli.commands.context import connection_of
from cli.commands.validate import print_faults
from cli.console import err, out, plain, say
from cli.documents import is_json, read_document, read_input
from cli.errors import FAILED, OK, CliError
from cli.watch.follow import Follower, closing_words
from cli.watch.progress import RunView

File = Annotated[Path, typer.Argument(help="Workflow document, YAML or JSON; - for stdin.", show_default=False)]


def publish(context: typer.Context, file: File) -> None:
    """Publish a workflow document as a new version; an unchanged one keeps its version."""
    text = read_document(file)
    with ApiClient.of(connection_of(context)) as api:
        version = _publish(api, file, text)
    out.print(f"{plain(version['slug'])} version {version['version']}  [dim]{plain(version.get('version_id', ''))}[/]")


def run(
    context: typer.Context,
    file: File,
    pairs: Annotated[
        list[str] | None,
        typer.Option("--input", "-i", metavar="KEY=VALUE", help="A field of the input; JSON or text. Repeatable."),
    ] = None,
    input_file: Annotated[
        Path | None, typer.Option("--input-file", help="JSON file with the input; - for stdin.")
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Show progress until the run has ended.")] = False,
    approve_all: Annotated[bool, typer.Option("--approve-all", help="Approve whatever the run asks.")] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Wait for the end; status 0 only if the run completed.")
    ] = False,
    key: Annotated[
        str | None, typer.Option("--idempotency-key", help="Starting twice with one key starts one run.")
    ] = None,
) -> None:
    """Publish a document and start a run of it.

    Standard output holds the run's id, or with --watch its result as JSON; everything else goes to standard error.
    """
    text, run_input = read_document(file), read_input(pairs or [], input_file)
    with ApiClient.of(connection_of(context)) as api:
        version = _publish(api, file, text)
        started = api.start_run(str(version["slug"]), int(version["version"]), run_input, key)
        run_id = str(started["id"])
        if not (watch or approve_all or exit_code):
            out.print(run_id)
            say(f"[dim]follow it with[/] perdure runs watch {run_id}")
            return
        view = watch_run(api, run_id, str(version["slug"]), approve_all=approve_all)
    raise typer.Exit(OK if view.status == "completed" or not exit_code else FAILED)


def watch_run(api: ApiClient, run_id: str, title: str, *, approve_all: bool = False) -> RunView:
    """Follow a run to its end and print its result."""
    interactive = sys.stdin.isatty() and err.is_terminal
    follower = Follower(api, RunView(run_id), err, title, approve_all=approve_all, interactive=interactive)
    try:
        view = follower.follow()
    except KeyboardInterrupt:
        say(f"\nthe run goes on; come back with perdure runs watch {run_id}")
        raise
    style = "green" if view.status == "completed" else "red"
    err.print(f"[{style}]{plain(closing_words(view))}[/]")
    if view.status == "completed":
        print_json(api.run(run_id).get("output"))
    return view


def print_json(value: Any) -> None:
    """A result, for programs as well as for people."""
    if out.is_terminal:
        out.print_json(json.dumps(value))
    else:
        sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")


def _publish(api: ApiClient, file: Path, text: str) -> dict[str, Any]:
    try:
        version = api.post_document("/v1/workflows", text, is_json=is_json(file, text))
    except ApiError as refused:
        faults = refused.problem.get("faults")
        if not isinstance(faults, list) or not faults:
            raise
        print_faults(str(file), text, faults)
        raise CliError(f"{file} was not published; it has {len(faults)} fault(s)") from None
    if not isinstance(version, dict) or "slug" not in version:
        raise CliError("the API's answer to publishing is not understood; do versions of server and client differ?")
    return version
