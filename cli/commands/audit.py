"""`perdure audit …`: check that nobody has tampered with the audit log, and keep what proves it."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.client import ApiClient
from cli.commands.context import connection_of
from cli.commands.run import print_json
from cli.console import plain, say
from cli.errors import FAILED, CliError

app = typer.Typer(no_args_is_help=True, help="Check the audit log.")

Json = dict[str, Any]


@app.command("verify")
def verify(
    context: typer.Context,
    anchor: Annotated[
        Path | None, typer.Option("--anchor", help="File of `perdure audit head`: what was there then must be there.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Write the head there if the log is intact; keep it elsewhere.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Check the whole log: every changed, moved, inserted or missing entry is named. Fails if there is one."""
    with ApiClient.of(connection_of(context)) as api:
        head = api.get("/v1/audit/head")
        mark = None if anchor is None else _read_mark(anchor, head)
        found = _verify(api, mark)
    if as_json:
        print_json(found)
    _tell(found)
    if not found["intact"]:
        raise typer.Exit(FAILED)
    if keep is not None:
        keep.write_text(json.dumps(head, indent=2) + "\n")
        say(f"the head is kept in {plain(keep)}")


@app.command("head")
def show_head(context: typer.Context) -> None:
    """Print the end of the log. Kept elsewhere, it proves later that nothing up to there was removed or rewritten."""
    with ApiClient.of(connection_of(context)) as api:
        print_json(api.get("/v1/audit/head"))


def _verify(api: ApiClient, anchor: str | None) -> Json:
    """All portions, one after the other."""
    after: str | None = None
    found: Json = {"intact": True, "checked": 0, "redacted": 0, "problems": []}
    while True:
        portion = api.get("/v1/audit/verification", after=after, anchor=anchor)
        found["intact"] = found["intact"] and portion["intact"]
        found["checked"] += portion["checked"]
        found["redacted"] += portion["redacted"]
        found["problems"] += portion["problems"]
        found["through"] = after = portion["through"]
        if portion["complete"]:
            return found


def _read_mark(path: Path, head: Json) -> str:
    """The mark of a file, if it is of this workspace.

    Raises:
        CliError: It cannot be read, or belongs to another log.
    """
    try:
        kept = json.loads(path.read_text())
        mark, workspace = str(kept["mark"]), str(kept["workspace_id"])
    except (OSError, ValueError, KeyError, TypeError) as wrong:
        raise CliError(f"{path} is no file of `perdure audit head`: {wrong}") from wrong
    if workspace != head["workspace_id"]:
        raise CliError(f"{path} is about the log of another workspace ({workspace})")
    return mark


def _tell(found: Json) -> None:
    for problem in found["problems"]:
        say(f"[red]{plain(problem['kind'])}[/]  {plain(problem['message'])}")
    redacted = f", {found['redacted']:,} of them erased in the open" if found["redacted"] else ""
    if found["intact"]:
        say(f"[green]intact[/]  {found['checked']:,} entries{redacted}; the head is {plain(found['through'])}")
    else:
        say(f"[bold red]the audit log was tampered with[/]  {found['checked']:,} entries were checked")
