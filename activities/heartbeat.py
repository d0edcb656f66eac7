"""Heartbeats of an activity, sent from a side task so that behaviours need not think of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity

BEATS_PER_TIMEOUT = 3


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Keeps the running activity alive while the block runs.

    The answers to heartbeats are also how cancellation, a pause, a reset and the shutdown of the worker reach the
    activity: the SDK then cancels the task that runs the block. Local activities and those without a heartbeat
    timeout need none.
    """
    info = activity.info()
    if info.heartbeat_timeout is None or info.is_local:
        yield
        return
    beating = asyncio.create_task(_beat(info.heartbeat_timeout.total_seconds() / BEATS_PER_TIMEOUT))
    try:
        yield
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(interval: float) -> None:
    # The start of the attempt counts as its first beat: a step shorter than the interval costs the server none.
    while True:
        await asyncio.sleep(interval)
        activity.heartbeat()
