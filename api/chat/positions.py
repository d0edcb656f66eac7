"""How far the reader of a conversation has come, as the ids of its events say it."""

import re
from dataclasses import dataclass
from typing import Final

from api.errors import RequestError
from schemas.errors import ErrorCode

_CURSOR: Final = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})\.(\d{1,9})\.(\d{1,18})")


@dataclass(frozen=True)
class Position:
    """How far a reader has come."""

    revision: int
    """Of the session."""
    message: int
    """Number of the last message that was told."""
    ended: int
    """Number of the last message whose run is told to its end."""
    telling: int = 0
    """Number of the message whose run is told; it may have been cleared since."""
    event: int = 0
    """Number of the last event of that run."""

    def __str__(self) -> str:
        return f"{self.revision}.{self.message}.{self.ended}.{self.telling}.{self.event}"

    def within(self, message: int) -> int:
        """Number of the last event that was told of the run of a message."""
        return self.event if self.telling == message else 0

    @classmethod
    def parse(cls, text: str) -> "Position":
        """The position of a cursor.

        Raises:
            RequestError: `invalid_request` if it is none of ours.
        """
        found = _CURSOR.fullmatch(text)
        if found is None:
            message = "The place in the stream is not valid; use `cursor` of the conversation, or the id of an event."
            raise RequestError(ErrorCode.INVALID_REQUEST, message)
        return cls(*map(int, found.groups()))
