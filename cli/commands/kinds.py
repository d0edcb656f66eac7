"""`perdure kinds`: the node kinds and their settings, without any server."""

import json
from typing import Annotated

import typer

from cli.commands.run import print_json
from cli.console import out, print_rows
from cli.errors import CliError
from schemas.nodes import document_specs


def kinds(
    kind: Annotated[str | None, typer.Argument(help="Show this one in full.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON Schemas.")] = False,
) -> None:
    """List the kinds of nodes, or show the settings of one."""
    known = document_specs()
    if kind is not None and kind not in known:
        raise CliError(f"there is no node kind {kind!r}; there are {', '.join(sorted(known))}")
    chosen = {kind: known[kind]} if kind is not None else known
    if as_json:
        print_json({name: spec.config.model_json_schema(by_alias=True) for name, spec in sorted(chosen.items())})
        return
    print_rows((name, spec.mode, spec.description) for name, spec in sorted(chosen.items()))
    if kind is not None:
        out.print_json(json.dumps(known[kind].config.model_json_schema(by_alias=True)))
