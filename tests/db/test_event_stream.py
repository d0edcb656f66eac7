"""Following a run: nothing missed, nothing twice, whatever happens to the connections."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.event_stream import EventHub
from db.session import Database
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunStatus
from schemas.service_calls import CloseRun
from tests.support.polling import eventually
from tests.support.run_log import LoggedRun


@pytest.fixture
async def run(database: Database, workspace_id: UUID) -> LoggedRun:
    """A pending run."""
    return await LoggedRun.create(database, workspace_id)


@pytest.fixture
async def hub(database: Database) -> AsyncIterator[EventHub]:
    """A hub that hardly ever looks by itself, so that tests see whether it was told."""
    made = EventHub(database, poll=30)
    yield made
    await made.close()


async def _end(run: LoggedRun) -> None:
    await run.log.close(CloseRun.model_validate(run.message(status=RunStatus.COMPLETED)))


async def _follow(hub: EventHub, run: LoggedRun, after: int = 0, stop: int | None = None) -> list[int]:
    seen: list[int] = []
    async for event in hub.follow(run.workspace_id, run.id, after):
        seen.append(event.seq)
        if event.seq == stop:
            break
    return seen


async def test_a_late_reader_sees_all_and_ends(hub: EventHub, run: LoggedRun) -> None:
    for number in range(150):
        await run.complete(f"n{number}")
    await _end(run)
    assert await _follow(hub, run) == list(range(1, 303))
    assert await _follow(hub, run, after=300) == [301, 302]
    assert await _follow(hub, run, after=302) == []
    assert await _follow(hub, run, after=999) == []


async def test_live_readers_see_each_event_once(hub: EventHub, run: LoggedRun) -> None:
    readers = [asyncio.create_task(_follow(hub, run)) for _ in range(5)]
    await asyncio.gather(*(run.complete(f"n{number}") for number in range(30)))
    await _end(run)
    async with asyncio.timeout(10):
        assert await asyncio.gather(*readers) == [list(range(1, 63))] * 5


async def test_a_reader_that_reconnects_goes_on_where_it_was(hub: EventHub, run: LoggedRun) -> None:
    async def reconnecting() -> list[int]:
        seen = [*await _follow(hub, run, stop=4)]
        seen += await _follow(hub, run, after=seen[-1], stop=9)
        return seen + await _follow(hub, run, after=seen[-1])

    reading = asyncio.create_task(reconnecting())
    for number in range(10):
        await run.complete(f"n{number}")
    await _end(run)
    async with asyncio.timeout(10):
        assert await reading == list(range(1, 23))


async def test_the_hub_listens_again_when_its_connection_was_killed(
    hub: EventHub, run: LoggedRun, database_url: str
) -> None:
    reading = asyncio.create_task(_follow(hub, run))
    await run.complete("before")
    first = await eventually(lambda: _listeners(database_url))
    await _kill(database_url, first)
    await run.complete("while it is away")
    await eventually(lambda: _others(database_url, first))
    await run.complete("after")
    await _end(run)
    async with asyncio.timeout(10):
        assert await reading == list(range(1, 9))


async def test_polling_alone_is_enough(run: LoggedRun) -> None:
    hub = EventHub(run.database, poll=0.05)
    hub._listen = _never  # type: ignore[method-assign]
    reading = asyncio.create_task(_follow(hub, run))
    await run.complete("a")
    await _end(run)
    async with asyncio.timeout(10):
        assert await reading == [1, 2, 3, 4]
    await hub.close()


async def test_a_retried_run_is_followed_on(hub: EventHub, run: LoggedRun, database_url: str) -> None:
    await _end(run)
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE runs SET status = 'pending', attempt = 2 WHERE id = $1", run.id)
    await connection.close()
    reading = asyncio.create_task(_follow(hub, run))
    await run.complete("a", run_attempt=2)
    await run.log.close(CloseRun.model_validate(run.message(run_attempt=2, status=RunStatus.COMPLETED)))
    async with asyncio.timeout(10):
        assert await reading == [1, 2, 3, 4, 5, 6]


async def test_foreign_runs_are_not_found(hub: EventHub, run: LoggedRun) -> None:
    for workspace, target in ((uuid4(), run.id), (run.workspace_id, uuid4())):
        with pytest.raises(PerdureError) as refused:
            await anext(hub.follow(workspace, target))
        assert refused.value.code is ErrorCode.NOT_FOUND


async def _never() -> None:
    await asyncio.Event().wait()


async def _listeners(url: str) -> list[int]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%perdure_runs%'")
    await connection.close()
    return [row["pid"] for row in rows]


async def _others(url: str, than: list[int]) -> bool:
    return bool(set(await _listeners(url)) - set(than))


async def _kill(url: str, pids: list[int]) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) AS pid", pids)
    await connection.close()
