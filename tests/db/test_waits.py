"""Events and waiters find each other in any order; an event goes to one waiter; none is lost."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from db import waits
from db.session import Database
from db.tables import Event, OutboxRow
from db.waits import Published
from schemas.errors import ErrorCode, PerdureError
from schemas.service_calls import AwaitEvent, CancelWait, EventState
from tests.support.run_log import LoggedRun
from tests.support.workspaces import new_workspace


@pytest.fixture
async def run(database: Database, workspace_id: UUID) -> LoggedRun:
    """A pending run."""
    return await LoggedRun.create(database, workspace_id)


async def _await(run: LoggedRun, path: str = "wait", key: str = "k") -> EventState:
    async with run.database.tenant(run.workspace_id) as session:
        request = AwaitEvent.model_validate(run.message(path=path, iteration=0, workflow_id="w", type="paid", key=key))
        return await waits.await_event(session, request)


async def _publish(run: LoggedRun, data: Any = None, key: str = "k", **how: Any) -> Published:
    async with run.database.tenant(run.workspace_id) as session:
        return await waits.publish_event(session, run.workspace_id, "paid", key, data, **how)


async def _cancel(run: LoggedRun, state: EventState) -> EventState:
    async with run.database.tenant(run.workspace_id) as session:
        return await waits.cancel_wait(session, CancelWait.model_validate(run.message(waiter_id=state.waiter_id)))


async def _signals(run: LoggedRun) -> list[dict[str, Any]]:
    async with run.database.tenant(run.workspace_id) as session:
        rows = await session.scalars(select(OutboxRow).where(OutboxRow.run_id == run.id).order_by(OutboxRow.id))
        return [row.payload for row in rows if row.signal == "event"]


async def test_an_event_that_came_first_is_kept(run: LoggedRun) -> None:
    assert (await _publish(run, {"n": 1})).waiter is None
    await _publish(run, {"n": 2})
    state = await _await(run)
    assert state.event is not None
    assert state.event.data == {"n": 1}
    assert await _await(run) == state
    assert await _signals(run) == []


async def test_a_waiter_that_came_first_is_signalled(run: LoggedRun) -> None:
    state = await _await(run)
    assert state.event is None
    published = await _publish(run, {"n": 1})
    assert published.waiter is not None
    (signal,) = await _signals(run)
    assert (signal["waiter_id"], signal["data"]) == (state.waiter_id, {"n": 1})
    again = await _await(run)
    assert again.event is not None
    assert again.event.event_id == str(published.event.id)


async def test_of_two_waiters_the_older_gets_the_event(run: LoggedRun) -> None:
    older, younger = await _await(run, "a"), await _await(run, "b")
    first, second, third = [(await _publish(run, n)).waiter for n in range(3)]
    assert first is not None
    assert second is not None
    assert (str(first.id), str(second.id), third) == (older.waiter_id, younger.waiter_id, None)


async def test_keys_and_types_do_not_mix(run: LoggedRun) -> None:
    await _publish(run, key="other")
    assert (await _await(run)).event is None


@pytest.mark.parametrize("round_", range(3))
async def test_all_at_once_nothing_is_lost_and_nothing_goes_twice(run: LoggedRun, round_: int) -> None:
    states, _ = await asyncio.gather(
        asyncio.gather(*(_await(run, f"w{n}") for n in range(15))),
        asyncio.gather(*(_publish(run, n) for n in range(15))),
    )
    at_once = [state.event.event_id for state in states if state.event]
    signalled = [signal["event_id"] for signal in await _signals(run)]
    assert len(set(at_once + signalled)) == len(at_once + signalled) == 15


@pytest.mark.parametrize("round_", range(5))
async def test_cancelling_and_an_event_agree(run: LoggedRun, round_: int) -> None:
    state = await _await(run)
    cancelled, published = await asyncio.gather(_cancel(run, state), _publish(run, "x"))
    assert (cancelled.event is not None) == (published.waiter is not None)
    assert await _cancel(run, state) == cancelled
    if published.waiter is None:
        taken = await _await(run, "next")
        assert taken.event is not None


async def test_an_idempotency_key_makes_one_event(run: LoggedRun) -> None:
    outcomes = await asyncio.gather(*(_publish(run, {"n": 1}, idempotency_key="once") for _ in range(5)))
    assert sum(outcome.created for outcome in outcomes) == 1
    assert len({outcome.event.id for outcome in outcomes}) == 1
    with pytest.raises(PerdureError) as refused:
        await _publish(run, {"n": 2}, idempotency_key="once")
    assert refused.value.code is ErrorCode.IDEMPOTENCY_MISMATCH
    with pytest.raises(PerdureError):
        await _publish(run, {"n": 1}, key="elsewhere", idempotency_key="once")


async def test_workspaces_do_not_hear_each_other(run: LoggedRun, database: Database, database_url: str) -> None:
    await _publish(run)
    stranger = await LoggedRun.create(database, await new_workspace(database_url))
    assert (await _await(stranger)).event is None
    async with database.tenant(stranger.workspace_id) as session:
        assert (await session.scalars(select(Event))).all() == []
