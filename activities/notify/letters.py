"""What a message says, whatever it is sent through. All texts in it may come from anybody: each form escapes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entry:
    """One thing that somebody should know."""

    lead: str
    """What has happened, in one sentence."""
    title: str
    url: str
    button: str
    body: str = ""
    """Markdown, written by whoever asks."""
    quote: str = ""
    """What a person wrote."""
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)
    note: str = ""
    """What the button does."""


@dataclass(frozen=True)
class Letter:
    """A message as its reader gets it."""

    subject: str
    entries: Sequence[Entry]
    preferences_url: str
    why: str
    """Why its reader gets it."""
    thread: str | None = None
    """Messages of one thread belong together in a mailbox."""
    intro: str = ""
