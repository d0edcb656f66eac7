"""Waits for what happens elsewhere, without sleeping longer than needed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


LONGEST_PAUSE = 0.25


async def eventually(look: Callable[[], Awaitable[T]], *, seconds: float = 15.0, pause: float = 0.02) -> T:
    """The first true answer of `look`, asked ever more seldom: what is waited for needs the processor too.

    Raises:
        AssertionError: if there is none in time.
    """
    deadline = time.monotonic() + seconds
    while not (answer := await look()):
        assert time.monotonic() < deadline, f"nothing after {seconds} s"
        await asyncio.sleep(pause)
        pause = min(pause * 1.25, max(pause, LONGEST_PAUSE))
    return answer
