"""`perdure validate`: what is wrong with a document, without any server."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import out, plain, say
from cli.documents import read_document
from cli.errors import FAILED
from schemas.faults import Fault

File = Annotated[Path, typer.Argument(help="Workflow document, YAML or JSON; - for stdin.", show_default=False)]


def validate(files: Annotated[list[Path], typer.Argument(help="Workflow documents; - for stdin.")]) -> None:
    """Print every fault of documents as FILE:LINE:COLUMN, code and sentence; exit status 1 if there is one."""
    wrong = 0
    for file in files:
        text = read_document(file)
        faults = faults_of(text)
        wrong += bool(faults)
        print_faults(str(file), text, [fault.model_dump(mode="json") for fault in faults])
        if not faults:
            say(f"[green]{plain(file)} is valid[/]")
    if wrong:
        raise typer.Exit(FAILED)


def faults_of(text: str) -> Sequence[Fault]:
    """All faults of a document, with their places in the text.

    References to other workflows are not followed: only the API knows which are published.
    """
    from schemas.compiler import compile_document  # late: the expression language takes a second to import
    from schemas.yaml_source import parse_source

    source = parse_source(text)
    faults = list(source.faults)
    if source.value is not None or not faults:
        faults += compile_document(source.value, resolve_pins=False).faults
    return source.place(faults)


def print_faults(name: str, text: str, faults: Sequence[Mapping[str, Any]]) -> None:
    """Print faults in the form that editors understand, with the line each is about."""
    lines = text.splitlines()
    for fault in sorted(faults, key=lambda one: (one.get("line") or 0, one.get("column") or 0)):
        line, column = fault.get("line"), fault.get("column")
        place = f"{name}:{line}:{column}" if line else name
        about = ".".join(str(part) for part in (fault.get("node"), fault.get("field")) if part)
        out.print(
            f"[bold]{plain(place)}[/] [red]{plain(fault.get('code', 'fault'))}[/] {plain(fault.get('message', ''))}"
        )
        if about:
            out.print(f"    [dim]at {plain(about)}[/]")
        if out.is_terminal and line and line <= len(lines):
            shown = lines[line - 1][:160]
            out.print(f"    [dim]{line} |[/] {plain(shown)}")
            out.print(f"    [dim]{' ' * len(str(line))} |[/] {' ' * max(0, (column or 1) - 1)}[red]^[/]")
