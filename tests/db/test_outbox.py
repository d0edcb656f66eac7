"""Signals wait in the order of their workflow and are claimed by one deliverer at a time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from db import outbox
from db.effects import Effects
from db.session import Database
from schemas.signals import Control
from tests.support import postgres
from tests.support.run_log import LoggedRun
from tests.support.workspaces import new_workspace


@pytest.fixture(scope="module")
async def own_database(postgres_url: str) -> AsyncIterator[Database]:
    """Only this module's signals: claiming looks at all workspaces."""
    async with postgres.migrated_database(postgres_url) as url:
        access = Database(url)
        yield access
        await access.dispose()


@pytest.fixture
async def run(own_database: Database) -> LoggedRun:
    """A run, and no signals of earlier tests."""
    async with own_database.system() as session:
        await outbox.mark_delivered(session, [row.id for row in await outbox.claim(session)])
    return await LoggedRun.create(own_database, await new_workspace(own_database.url))


async def _send(run: LoggedRun, workflow: str = "w") -> int:
    async with run.database.tenant(run.workspace_id) as session:
        control = Control(workspace_id=str(run.workspace_id), action="pause")
        return await outbox.enqueue(session, run.workspace_id, run.id, workflow, "control", control)


async def _claimed(database: Database, ids: list[int] | None = None) -> list[int]:
    async with database.system() as session:
        return [row.id for row in await outbox.claim(session, ids=ids)]


async def test_of_each_workflow_the_oldest_is_claimed(run: LoggedRun) -> None:
    first, second, other = await _send(run), await _send(run), await _send(run, "v")
    assert await _claimed(run.database) == [first, other]
    assert await _claimed(run.database, [second]) == []
    async with run.database.system() as session:
        await outbox.mark_delivered(session, [first, other])
    assert await _claimed(run.database) == [second]
    async with run.database.system() as session:
        await outbox.mark_delivered(session, [second])
    assert await _claimed(run.database) == []


async def test_a_postponed_signal_holds_back_those_behind_it(run: LoggedRun) -> None:
    first, second = await _send(run), await _send(run)
    async with run.database.system() as session:
        await outbox.postpone(session, first, "away", timedelta(minutes=1))
    assert await _claimed(run.database) == []
    assert await _claimed(run.database, [first, second]) == [first]
    async with run.database.system() as session:
        (row,) = await outbox.claim(session, ids=[first])
        assert (row.attempts, row.last_error) == (1, "away")
        await outbox.mark_delivered(session, [first, second])


async def test_two_deliverers_never_hold_the_same_signal(run: LoggedRun) -> None:
    sent = {await _send(run, f"w{n}") for n in range(10)}
    both_claimed = asyncio.Barrier(2)

    async def claim_half() -> set[int]:
        async with run.database.system() as session:
            rows = {row.id for row in await outbox.claim(session, limit=5)}
            await both_claimed.wait()
            return rows

    one, other = await asyncio.gather(claim_half(), claim_half())
    assert one | other == sent
    assert not one & other


async def test_listeners_hear_of_committed_signals_only(own_database: Database, run: LoggedRun) -> None:
    heard: list[Effects] = []
    own_database.after_commit(heard.append)
    sent = await _send(run)
    with contextlib.suppress(ZeroDivisionError):
        async with own_database.tenant(run.workspace_id) as session:
            control = Control(workspace_id=str(run.workspace_id), action="pause")
            await outbox.enqueue(session, run.workspace_id, UUID(int=1), "w", "control", control)
            raise ZeroDivisionError
    assert [effects.signals for effects in heard] == [[sent]]
