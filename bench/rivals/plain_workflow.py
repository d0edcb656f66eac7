"""The same work as plain Temporal code: what somebody would write who knows Temporal and nothing of Perdure."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy

QUEUE = "plain"


@dataclass
class StepOrder:
    """What one step is to do."""

    path: str
    seconds: float = 0.0
    marks: str | None = None


@dataclass
class ChainOrder:
    """What a workflow is to do."""

    steps: int
    seconds: float = 0.0
    marks: str | None = None
    heartbeat: float | None = None
    local: bool = False


@activity.defn
async def step(order: StepOrder) -> None:
    """Does nothing, or waits and heartbeats."""
    from bench.kinds.idling import idle

    async with _heartbeats():
        await idle(order.seconds, order.marks, order.path)


@asynccontextmanager
async def _heartbeats() -> AsyncIterator[None]:
    timeout = activity.info().heartbeat_timeout
    if timeout is None or activity.info().is_local:
        yield
        return
    beating = asyncio.create_task(_beat(timeout.total_seconds() / 3))
    try:
        yield
    finally:
        beating.cancel()


async def _beat(pause: float) -> None:
    while True:
        activity.heartbeat(os.getpid())
        await asyncio.sleep(pause)


async def _call(order: ChainOrder, path: str) -> None:
    argument = StepOrder(path, order.seconds, order.marks)
    timeout = timedelta(seconds=30)
    if order.local:
        await workflow.execute_local_activity(step, argument, start_to_close_timeout=timeout)
        return
    await workflow.execute_activity(
        step,
        argument,
        start_to_close_timeout=timeout,
        heartbeat_timeout=timedelta(seconds=order.heartbeat) if order.heartbeat else None,
        retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1)),
    )


@workflow.defn
class PlainChain:
    """Steps one after the other."""

    @workflow.run
    async def run(self, order: ChainOrder) -> None:
        """Do them."""
        for index in range(order.steps):
            await _call(order, f"s{index + 1}")


@workflow.defn
class PlainFan:
    """Steps all at once."""

    @workflow.run
    async def run(self, order: ChainOrder) -> None:
        """Do them."""
        await asyncio.gather(*(_call(order, f"s{index + 1}") for index in range(order.steps)))


@workflow.defn
class PlainGate:
    """Waits for a signal, then does one step."""

    def __init__(self) -> None:
        self._open = False

    @workflow.signal
    def decide(self) -> None:
        """Somebody has decided."""
        self._open = True

    @workflow.run
    async def run(self, order: ChainOrder) -> None:
        """Wait, then do it."""
        await workflow.wait_condition(lambda: self._open)
        await _call(order, "s1")


WORKFLOWS = [PlainChain, PlainFan, PlainGate]
