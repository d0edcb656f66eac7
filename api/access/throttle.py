"""Slows down guessing: after some failures under one key, every further attempt must wait, longer each time.

An attempt is counted before it is made and taken back when it succeeds, so a thousand attempts at once are counted like
a thousand in a row. Addresses without an account are counted like those with one, so the delay tells nothing either.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Float, case, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import INTERVAL, insert

from api.limits.limiter import network_of
from db.session import Database
from db.tables import Throttle
from schemas.errors import ErrorCode, PerdureError

FIRST_DELAY: Final = 1.0
"""Seconds after the last free failure; twice as long after each further one."""

MAX_DELAY: Final = 900.0
"""Seconds."""

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Without a failure for so long, nothing is known any more."""

_MAX_DOUBLINGS: Final = 10
_TIDIED_AT_ONCE: Final = 20


@dataclass(frozen=True)
class Limit:
    """Something that is counted."""

    key: str
    free: int
    """Failures without a delay."""
    forgiven_every: float = 3_600.0
    """Seconds after which one failure is forgiven."""


def account_limit(email: str) -> Limit:
    """Attempts with one e-mail address. Hashed: the table is no list of what people have typed."""
    return Limit(f"email:{hashlib.sha256(email.encode('utf-8', 'replace')).hexdigest()}", free=5)


def address_limit(address: str) -> Limit:
    """Attempts from one network address, which may be a whole office; of IPv6 the network that one customer has."""
    return Limit(f"address:{network_of(address)}", free=20, forgiven_every=60.0)


def user_limit(purpose: str, user_id: object) -> Limit:
    """Attempts of a person who is known, such as codes of the second factor."""
    return Limit(f"{purpose}:{user_id}", free=5)


async def begin_attempt(database: Database, *limits: Limit) -> None:
    """Count an attempt under each limit.

    Raises:
        PerdureError: `rate_limited` with the time to wait; then nothing was counted.
    """
    async with database.identity() as session:
        await _tidy(session)
        # Always in the same order, so that two attempts never wait for each other in a circle.
        ordered = sorted(limits, key=lambda limit: limit.key)
        waits = [await _lock(session, limit) for limit in ordered]
        if (wait := max(waits)) > 0:
            raise _too_many(wait)
        for limit in ordered:
            await session.execute(_count(limit))


async def attempt_succeeded(database: Database, *limits: Limit) -> None:
    """Take back what `begin_attempt` has counted. Failures before it stay counted for network addresses."""
    async with database.identity() as session:
        for limit in sorted(limits, key=lambda limit: limit.key):
            if limit.key.startswith("address:"):
                failures = func.greatest(Throttle.failures - 1.0, 0.0)
                taken_back = update(Throttle).values(failures=failures, blocked_until=None)
                await session.execute(taken_back.where(Throttle.key == limit.key))
            else:
                await session.execute(delete(Throttle).where(Throttle.key == limit.key))


async def _lock(session: Any, limit: Limit) -> float:
    """Lock the row of a limit, created if need be. Seconds until the next attempt is allowed."""
    now = func.clock_timestamp()
    row = insert(Throttle).values(key=limit.key, failures=0)
    locked = row.on_conflict_do_update(index_elements=[Throttle.key], set_={"key": limit.key})
    wait = cast(func.extract("epoch", Throttle.blocked_until - now), Float)
    return float((await session.scalar(locked.returning(wait))) or 0.0)


def _count(limit: Limit) -> Any:
    now = func.clock_timestamp()
    passed = func.extract("epoch", now - Throttle.changed_at)
    failures = func.greatest(Throttle.failures - cast(passed, Float) / limit.forgiven_every, 0.0) + 1.0
    return (
        update(Throttle)
        .where(Throttle.key == limit.key)
        .values(failures=failures, changed_at=now, blocked_until=now + _delay(func.round(failures), limit.free))
    )


def _delay(failures: ColumnElement[float], free: int) -> ColumnElement[Any]:
    doublings = func.least(failures - free, _MAX_DOUBLINGS)
    seconds = case((failures < free, 0.0), else_=func.least(func.power(2.0, doublings) * FIRST_DELAY, MAX_DELAY))
    return cast(func.concat(seconds, " seconds"), INTERVAL)


async def _tidy(session: Any) -> None:
    old = select(Throttle.key).where(Throttle.changed_at < func.clock_timestamp() - FORGOTTEN_AFTER)
    some = old.limit(_TIDIED_AT_ONCE).with_for_update(skip_locked=True)
    await session.execute(delete(Throttle).where(Throttle.key.in_(some)))


def _too_many(wait: float) -> PerdureError:
    seconds = max(1, math.ceil(wait))
    return PerdureError(
        ErrorCode.RATE_LIMITED,
        f"There were too many failed attempts; try again in {seconds} seconds.",
        retry_after=float(seconds),
    )
