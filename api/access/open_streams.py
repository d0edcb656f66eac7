"""Answers that go on for long, such as streams of events: they end when their caller is shut out."""

import time
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.types import Message, Send

CHECKED_EVERY: Final = 10.0
"""Seconds between two looks at whether the caller may still see what is sent."""


class Watched:
    """Passes an answer on as long as its caller is known.

    Args:
        send: Of the server.
        still_known: Whether the caller may go on; asked before something is sent, at most every `CHECKED_EVERY`.
        clock: Monotonic seconds.
    """

    def __init__(
        self, send: Send, still_known: Callable[[], Awaitable[bool]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._send = send
        self._still_known = still_known
        self._clock = clock
        self._next_look = clock() + CHECKED_EVERY
        self._ended = False

    async def __call__(self, message: Message) -> None:
        """Send a part of the answer, or end it."""
        if self._ended:
            return
        if message.get("more_body") and self._clock() >= self._next_look:
            self._next_look = self._clock() + CHECKED_EVERY
            if not await self._still_known():
                self._ended = True
                message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)
