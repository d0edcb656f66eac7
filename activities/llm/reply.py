"""What has been heard of a model's answer; filled while it streams in, so that a failure loses nothing."""

from dataclasses import dataclass, field
from typing import Final

from schemas.conversation import Finish
from schemas.errors import ErrorCode, PerdureError

MAX_CHARS: Final = 8 * 1024 * 1024
"""Characters of one answer, thoughts and arguments included; whoever sends more is broken and would fill our memory."""


@dataclass
class Usage:
    """Tokens of one call; the three kinds of input do not overlap."""

    fresh_in: int = 0
    cache_read: int = 0
    cache_write: int = 0
    tokens_out: int = 0

    @property
    def tokens_in(self) -> int:
        """All tokens that were sent."""
        return self.fresh_in + self.cache_read + self.cache_write


@dataclass
class Said:
    """A piece of an answer: text or thoughts."""

    thought: bool = False
    pieces: list[str] = field(default_factory=list)
    signature: str = ""
    data: str = ""

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)


@dataclass
class CallText:
    """A tool call as it was heard: its arguments are text of which nobody knows yet whether it is JSON."""

    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)

    @property
    def arguments(self) -> str:
        """The arguments as they were sent."""
        return "".join(self.pieces)


@dataclass
class Reply:
    """What a provider has heard so far."""

    said: list[Said] = field(default_factory=list)
    calls: dict[int | str, CallText] = field(default_factory=dict)
    """By the vendor's key of each call, in order."""
    finish: Finish | None = None
    usage: Usage = field(default_factory=Usage)
    refusal: str = ""
    started: bool = False
    """Whether the other side has begun to answer."""
    _chars: int = 0

    @property
    def text(self) -> str:
        """The answer without thoughts."""
        return "".join(said.text for said in self.said if not said.thought)

    @property
    def heard(self) -> str:
        """All that the other side has written, thoughts and arguments included."""
        called = (f"{call.name}{call.arguments}" for call in self.calls.values())
        return "".join([*(said.text for said in self.said), *called, self.refusal])

    def hear(self, piece: str, *, thought: bool = False) -> None:
        """Take in a piece of text or of thoughts."""
        self.grow(piece)
        self.begun(thought=thought).pieces.append(piece)

    def begun(self, *, thought: bool, anew: bool = False) -> Said:
        """The text or the thoughts that are being heard."""
        if anew or not self.said or self.said[-1].thought is not thought:
            self.said.append(Said(thought))
        return self.said[-1]

    def call(self, key: int | str) -> CallText:
        """The tool call that is being heard under a key."""
        return self.calls.setdefault(key, CallText())

    def hear_arguments(self, key: int | str, piece: str) -> None:
        """Take in a piece of a call's arguments."""
        self.grow(piece)
        self.call(key).pieces.append(piece)

    def grow(self, piece: str) -> None:
        """Count what was heard.

        Raises:
            PerdureError: `result_too_large` if there is no end to it.
        """
        self._chars += len(piece)
        if self._chars > MAX_CHARS:
            raise PerdureError(
                ErrorCode.RESULT_TOO_LARGE,
                f"The model's answer is longer than {MAX_CHARS:,} characters and was stopped.",
            )
