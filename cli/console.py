"""The two streams of the command line: results go to stdout, everything that is said about them to stderr."""

import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Tell a person what happens; never part of a result."""
    err.print(text)


def complain(message: str) -> None:
    """Tell a person what is wrong."""
    err.print(f"[bold red]error:[/] {plain(message)}")


def safe(text: object) -> str:
    """Text from outside without control characters, which could move the cursor or change the terminal."""
    return "".join(mark if mark.isprintable() or mark in "\n\t" else "\ufffd" for mark in str(text))


def plain(text: object) -> str:
    """The same, and its brackets are no markup."""
    return escape(safe(text))


def print_rows(rows: Iterable[Sequence[object]]) -> None:
    """Print rows as a table for a person, with tabs between the cells for a program."""
    if not out.is_terminal:
        for row in rows:
            sys.stdout.write("\t".join(" ".join(safe(cell).split()) for cell in row) + "\n")
        return
    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*(plain(cell) for cell in row))
    out.print(table)
