"""Around each call of a model: room in the budgets and at the provider first, the true size and cost after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from activities.llm.routing import Route
from schemas.errors import ErrorCode, PerdureError


@dataclass(frozen=True)
class Planned:
    """A call that is about to be made."""

    route: Route
    key: str
    """Digest of the key that it is made with."""
    tokens: int
    """At most, answer included."""
    cost: Decimal | None
    """At most; None if the price is not known."""
    sent: int = 0
    """Tokens that it sends, about; those of the longest answer are the rest."""
    part: str = ""
    """Tells calls apart that a step makes at the same time; a later attempt replaces one of the same name."""


@dataclass
class Used:
    """What a call has taken."""

    tokens: int = 0
    cost: Decimal = Decimal(0)


class Meter(Protocol):
    """Lets calls of one step pass, and counts them."""

    def metered(self, planned: Planned) -> AbstractAsyncContextManager[Used]:
        """The place of a call; what it has taken is written into the value before the block is left.

        Raises:
            PerdureError: `budget_exhausted`, `quota_exceeded`, or `throttled` if it is not the call's turn yet.
        """


class NoMeter:
    """Lets everything pass."""

    @asynccontextmanager
    async def metered(self, planned: Planned) -> AsyncIterator[Used]:
        """See `Meter`."""
        yield Used()


class Budgets(Protocol):
    """What a step may spend."""

    async def reserve(self, planned: Planned) -> "Lease | None":
        """Room for a call; None if nothing limits it."""


class Lease(Protocol):
    """What was reserved for a call."""

    async def settle(self, cost: Decimal) -> None:
        """Put the true cost in its place."""


class Rates(Protocol):
    """How often a key may be used."""

    async def take(self, planned: Planned) -> "Turn | None":
        """The turn of a call; None if nothing limits it."""


class Turn(Protocol):
    """A call's place in the rate of its key."""

    async def end(self, tokens: int, pause: float) -> None:
        """Give back what was not used; the provider wants to be left alone for `pause` seconds."""


@dataclass(frozen=True)
class StepMeter:
    """The meter of one attempt of a step."""

    budgets: Budgets
    rates: Rates

    @asynccontextmanager
    async def metered(self, planned: Planned) -> AsyncIterator[Used]:
        """See `Meter`."""
        lease, turn, used, pause = await self.budgets.reserve(planned), None, Used(), 0.0
        try:
            turn = await self.rates.take(planned)
            yield used
        except PerdureError as error:
            if error.code is ErrorCode.RATE_LIMITED:
                pause = error.retry_after or 0.0
            raise
        finally:
            # Whatever becomes of the step, the money is spent; a lease that is not settled would count until it lapses.
            await asyncio.shield(_close(lease, turn, planned, used, pause))


async def _close(lease: Lease | None, turn: Turn | None, planned: Planned, used: Used, pause: float) -> None:
    if turn is not None:
        await turn.end(planned.tokens - used.tokens, pause)
    if lease is not None:
        await lease.settle(used.cost)
