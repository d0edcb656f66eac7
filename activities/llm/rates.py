"""Rates of providers' keys in the database, so that all workers together keep to them."""

import asyncio
import math
import secrets
import time
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from activities.llm.meter import Planned
from activities.llm.settings import RateLimit
from activities.run_log.statements import Statements
from db.session import Database
from schemas.errors import ErrorCode, PerdureError

_TAKE: Final = "SELECT rate_take($1, $2, $3, $4, $5)"
_RETURN: Final = "SELECT rate_return($1, $2, $3, $4)"
PATIENCE: Final = 5.0
SHORT: Final = 2.0
"""Seconds that are waited here; longer waits are the workflow's, where they cost nothing and survive everything."""

_log = structlog.get_logger(__name__)


class KeyRates:
    """The rates that a step keeps to.

    Args:
        database: Where the buckets are.
        limits: By `vendor/model`, model, vendor or `*`; the first of these that is there counts.
        owner: Workspace whose keys are used.
    """

    def __init__(self, database: Database, limits: dict[str, RateLimit], owner: UUID) -> None:
        self._statements = Statements(database)
        self._limits = limits
        self._owner = owner

    async def take(self, planned: Planned) -> "KeyTurn | None":
        """The turn of a call, after a short wait if need be.

        Raises:
            PerdureError: `throttled`, with the seconds to wait.
        """
        name, limit = self._limit(planned)
        if limit is None:
            return None
        turn = KeyTurn(self._statements, self._owner, f"{planned.key}/{name}")
        until = time.monotonic() + SHORT
        while (wait := await self._wait(turn, limit, planned.tokens)) > 0:
            if time.monotonic() + wait > until:
                raise _not_yet(planned, wait)
            await asyncio.sleep(wait)
        return turn

    async def _wait(self, turn: "KeyTurn", limit: RateLimit, tokens: int) -> float:
        arguments = (turn.owner, turn.key, limit.requests_per_minute, limit.tokens_per_minute, float(tokens))
        return float(await self._statements.call(_TAKE, *arguments, patience=PATIENCE))

    def _limit(self, planned: Planned) -> tuple[str, RateLimit | None]:
        route = planned.route
        names = (f"{route.vendor}/{route.model}", route.model, route.vendor.value, "*")
        found = next((name for name in names if name in self._limits), "")
        return found, self._limits.get(found)


@dataclass(frozen=True)
class KeyTurn:
    """A call's place in the rate of its key."""

    statements: Statements
    owner: UUID
    key: str

    async def end(self, tokens: int, pause: float) -> None:
        """Give back what was not used; a call is not lost over it."""
        try:
            await self.statements.call(_RETURN, self.owner, self.key, float(tokens), pause or None)
        except Exception as error:
            _log.warning("rate_not_returned", error_type=type(error).__name__)


def _not_yet(planned: Planned, wait: float) -> PerdureError:
    # Those who wait together must not all come back together.
    spread = wait * (1 + secrets.randbelow(250) / 1000) + secrets.randbelow(500) / 1000
    return PerdureError(
        ErrorCode.THROTTLED,
        f"The key for {planned.route.model} ({planned.route.vendor}) is in use as often as it may be; the step goes on "
        f"in about {math.ceil(spread)} seconds.",
        retry_after=spread,
        details={"retry_after": round(spread, 3), "model": planned.route.model, "vendor": planned.route.vendor.value},
    )
