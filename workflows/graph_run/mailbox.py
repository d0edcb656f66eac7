"""Answers from outside, matched to those who wait for them; an answer that comes first is kept."""

import asyncio
import sys
from typing import Any


class Halt(Exception):  # noqa: N818 - not an error: the run goes on in a fresh history
    """Stop waiting at this boundary; the node's memo says how to go on."""


def forgotten() -> bool:
    """Whether a worker is just forgetting this workflow: its coroutines are closed where they wait."""
    return isinstance(sys.exception(), GeneratorExit)


class Mailbox:
    """Answers by key.

    Args:
        kept: Answers that have come and that nobody has taken; changed in place.
    """

    def __init__(self, kept: dict[str, Any]) -> None:
        self.kept = kept
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._halted = False

    def put(self, key: str, answer: Any) -> None:
        """Hands an answer over, or keeps it. The first answer for a key counts."""
        future = self._waiting.get(key)
        if future is not None and not future.done():
            future.set_result(answer)
        else:
            self.kept.setdefault(key, answer)

    async def take(self, key: str, seconds: float | None = None) -> Any:
        """Waits for the answer for `key`.

        Raises:
            TimeoutError: after `seconds`.
            Halt: if the run moves to a fresh history meanwhile.
        """
        if key in self.kept:
            return self.kept.pop(key)
        if self._halted:
            raise Halt
        if seconds is not None and seconds <= 0:
            raise TimeoutError
        future = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        try:
            return await asyncio.wait_for(future, seconds)
        except BaseException:
            # An answer that arrived in the same moment is not lost: it may be asked for again.
            if future.done() and not future.cancelled() and future.exception() is None:
                self.kept.setdefault(key, future.result())
            raise
        finally:
            del self._waiting[key]

    def forget(self, key: str) -> None:
        """Drops what is kept for a key."""
        self.kept.pop(key, None)

    def halt(self) -> None:
        """Makes everybody who waits stop with `Halt`, now and later."""
        self._halted = True
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Halt())
