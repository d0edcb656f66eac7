"""Guessing gets slower: per account, per network address, for all processes together."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from api.access import throttle
from api.access.throttle import (
    MAX_DELAY,
    Limit,
    account_limit,
    address_limit,
    attempt_succeeded,
    begin_attempt,
    user_limit,
)
from db.session import Database
from db.tables import Throttle
from schemas.errors import ErrorCode, PerdureError

LONG = 600.0


@pytest.fixture
def limit() -> Limit:
    return account_limit(f"{uuid4()}@example.com")


async def fail(database: Database, *limits: Limit, times: int = 1) -> None:
    for _ in range(times):
        await begin_attempt(database, *limits)


async def wait_of(database: Database, *limits: Limit) -> float:
    """Seconds that an attempt is told to wait; 0 if it is allowed."""
    try:
        await begin_attempt(database, *limits)
    except PerdureError as refused:
        return refused.retry_after or -1.0
    return 0.0


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delay that is not over before the next line, however slow the machine is."""
    monkeypatch.setattr(throttle, "FIRST_DELAY", LONG)


async def test_the_delay_grows_up_to_its_limit(
    database: Database, limit: Limit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "FIRST_DELAY", 1.0)
    delays = []
    for _ in range(limit.free + 12):
        await fail(database, limit)
        delays.append(await imposed(database, limit))
    assert delays == [0] * (limit.free - 1) + [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] + [MAX_DELAY] * 3


async def imposed(database: Database, limit: Limit) -> int:
    """The delay that the last failure has imposed; then let it pass."""
    async with database.identity() as session:
        row = (await session.scalars(select(Throttle).where(Throttle.key == limit.key))).one()
        assert row.blocked_until is not None
        delay = row.blocked_until - row.changed_at
        row.blocked_until = None
    return round(delay.total_seconds())


async def test_an_attempt_that_must_wait_is_not_counted(database: Database, limit: Limit) -> None:
    await fail(database, limit, times=limit.free + 0)
    for _ in range(5):
        assert await wait_of(database, limit) > 0


async def test_attempts_at_once_are_counted_like_attempts_in_a_row(database: Database, limit: Limit) -> None:
    waits = await asyncio.gather(*(wait_of(database, limit) for _ in range(30)))
    assert waits.count(0.0) == limit.free


async def test_success_forgives_the_account_but_not_the_address(database: Database, limit: Limit) -> None:
    address = address_limit(f"198.51.{uuid4().int % 256}.{uuid4().int % 256}")
    await set_failures(database, address, 3)
    await fail(database, limit, address)
    await attempt_succeeded(database, limit, address)
    async with database.identity() as session:
        rows = await session.execute(select(Throttle.key, Throttle.failures))
        kept = {row[0]: row[1] for row in rows}
    assert limit.key not in kept
    assert round(kept[address.key]) == 3


async def set_failures(database: Database, limit: Limit, failures: float, age: timedelta = timedelta()) -> None:
    """As if so many attempts had failed, the last one so long ago."""
    await fail(database, limit)
    async with database.identity() as session:
        row = (await session.scalars(select(Throttle).where(Throttle.key == limit.key))).one()
        row.failures, row.changed_at, row.blocked_until = failures, row.changed_at - age, None


async def test_an_address_is_slowed_down_too(database: Database) -> None:
    address = address_limit(f"198.51.{uuid4().int % 256}.{uuid4().int % 256}")
    await set_failures(database, address, address.free - 1)
    assert await wait_of(database, address) == 0
    assert await wait_of(database, address) > 0


@pytest.mark.parametrize("make", [lambda: account_limit(f"{uuid4()}@x"), lambda: address_limit(f"x{uuid4()}")])
async def test_failures_are_forgiven_one_by_one(database: Database, make: Callable[[], Limit]) -> None:
    limit = make()
    await set_failures(database, limit, limit.free, timedelta(seconds=2 * limit.forgiven_every))
    assert await wait_of(database, limit) == 0
    assert await wait_of(database, limit) == 0
    assert await wait_of(database, limit) > 0


async def test_the_refusal_says_how_long(database: Database, limit: Limit) -> None:
    await fail(database, limit, times=limit.free)
    with pytest.raises(PerdureError, match=r"\d+ seconds") as refused:
        await begin_attempt(database, limit)
    assert refused.value.code is ErrorCode.RATE_LIMITED


async def test_one_limit_that_is_reached_is_enough(database: Database, limit: Limit) -> None:
    other = user_limit("test", uuid4())
    await fail(database, limit, times=limit.free)
    assert await wait_of(database, limit, other) > 0
    assert await wait_of(database, other, limit) > 0
    assert await wait_of(database, other) == 0


async def test_what_is_old_is_removed(database: Database, limit: Limit) -> None:
    await set_failures(database, limit, 100, timedelta(days=1, minutes=1))
    await fail(database, user_limit("test", uuid4()))
    async with database.identity() as session:
        assert await session.scalar(select(Throttle.key).where(Throttle.key == limit.key)) is None


async def test_attempts_on_the_same_two_in_any_order_do_not_block_each_other(database: Database) -> None:
    one, other = (Limit(f"test:{uuid4()}", free=1_000) for _ in range(2))
    both = [(one, other), (other, one)] * 10
    assert await asyncio.gather(*(wait_of(database, *pair) for pair in both)) == [0.0] * 20


def test_what_counts_as_one_address() -> None:
    assert address_limit("2001:db8:1:2::1") == address_limit("2001:db8:1:2:ffff::9")
    assert address_limit("2001:db8:1:2::1") != address_limit("2001:db8:1:3::1")
    assert address_limit("::ffff:192.0.2.1") == address_limit("192.0.2.1")
    assert address_limit("192.0.2.1") != address_limit("192.0.2.2")
    assert address_limit("not an address").key == "address:not an address"


def test_what_people_typed_is_not_kept() -> None:
    assert "ada" not in account_limit("ada@example.com").key
