"""`perdure approve`: the inbox in the terminal."""

import json
import sys
from typing import Annotated, Any

import typer

from cli.approvals import Answer, ask_until_decided, decide, show
from cli.client import ApiClient
from cli.commands.context import connection_of
from cli.commands.run import print_json
from cli.commands.runs import items_of
from cli.console import err, plain, print_rows, say
from cli.errors import CliError


def approve(
    context: typer.Context,
    approval_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Request to decide; without it: list.")
    ] = None,
    decision: Annotated[
        str | None, typer.Option("--decision", "-d", help="approved, rejected, or a decision of the request's own.")
    ] = None,
    data: Annotated[str | None, typer.Option("--data", help="The form's fields as a JSON object.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why; kept with the decision.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the API's answer.")] = False,
) -> None:
    """List what waits for a person, or decide one request."""
    with ApiClient.of(connection_of(context)) as api:
        if approval_id is None:
            _list(api, as_json=as_json)
        elif decision is None and sys.stdin.isatty():
            if not ask_until_decided(err, api, api.get(f"/v1/approvals/{approval_id}")):
                say("nothing was decided")
        else:
            answer = Answer(decision or "approved", _parse(data), reason)
            decided = decide(api, api.get(f"/v1/approvals/{approval_id}"), answer)
            if as_json:
                print_json(decided)
            say(f"[green]{plain(answer.decision)}[/]")


def _list(api: ApiClient, *, as_json: bool) -> None:
    answer = api.get("/v1/approvals", status="pending")
    if as_json:
        print_json(answer)
        return
    waiting = items_of(answer)
    if not waiting:
        say("nothing waits for a person")
    if len(waiting) == 1 and err.is_terminal:
        show(err, waiting[0])
    print_rows(
        (one.get("id"), one.get("title") or "", one.get("path"), f"before {one['due_at']}" if one.get("due_at") else "")
        for one in waiting
    )


def _parse(data: str | None) -> dict[str, Any] | None:
    if data is None:
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as wrong:
        raise CliError(f"--data is no JSON: {wrong}") from wrong
    if not isinstance(value, dict):
        raise CliError("--data must be a JSON object")
    return value
