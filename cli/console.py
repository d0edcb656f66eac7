"""The two streams of the command line: results go to stdout, everything that is said about them to stderr."""

from rich.console import Console
from rich.markup import escape

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """Tell a person what happens; never part of a result."""
    err.print(text)


def complain(message: str) -> None:
    """Tell a person what is wrong."""
    err.print(f"[bold red]error:[/] {escape(message)}")


def plain(text: object) -> str:
    """Text from outside, made safe for a terminal: no markup, no control characters that could move the cursor."""
    return escape("".join(mark if mark.isprintable() or mark in "\n\t" else "\ufffd" for mark in str(text)))
