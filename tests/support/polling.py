"""Waits for what happens elsewhere, without sleeping longer than needed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], *, seconds: float = 15.0, pause: float = 0.02) -> T:
    """The first true answer of `look`.

    Raises:
        AssertionError: if there is none in time.
    """
    deadline = time.monotonic() + seconds
    while not (answer := await look()):
        assert time.monotonic() < deadline, f"nothing after {seconds} s"
        await asyncio.sleep(pause)
    return answer
