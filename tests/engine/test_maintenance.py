"""The standing work goes on over outages, and one process at a time does it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import literal, select, update
from temporalio.client import Client

from db.outbox import enqueue
from db.session import Database
from db.tables import OutboxRow
from engine import maintenance
from engine.client import workflow_id
from engine.maintenance import forget_delivered, run_maintenance
from schemas.signals import Control
from tests.engine.runs import ago, pending_run, read_run
from tests.support.polling import eventually


@contextlib.asynccontextmanager
async def maintaining(database: Database, client: Client) -> AsyncIterator[None]:
    task = asyncio.create_task(run_maintenance(database, client))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maintenance, "SWEEP_PAUSE", 0.05)
    monkeypatch.setattr(maintenance, "RECONCILE_PAUSE", 0.05)


@pytest.mark.usefixtures("quick", "stub_worker")
async def test_it_starts_what_is_left_and_repairs_what_is_lost(
    own_database: Database, own_workspace: UUID, client: Client
) -> None:
    run = await pending_run(own_database, own_workspace, updated_at=ago(3))
    async with maintaining(own_database, client):

        async def dispatched() -> bool:
            return (await read_run(own_database, run)).dispatched_at is not None

        await eventually(dispatched)
        async with own_database.tenant(own_workspace) as session:
            row = await session.get_one(type(run), run.id)
            row.status = "running"
        await client.get_workflow_handle(workflow_id(str(run.id), 1)).terminate()

        async def ended() -> bool:
            return (await read_run(own_database, run)).status == "terminated"

        await eventually(ended)


@pytest.mark.usefixtures("quick", "stub_worker")
async def test_it_goes_on_after_the_database_dropped_its_connections(
    own_database: Database, own_workspace: UUID, client: Client
) -> None:
    async with maintaining(own_database, client):
        for _ in range(3):
            await drop_connections(own_database.url)
            run = await pending_run(own_database, own_workspace, updated_at=ago(3))

            async def dispatched(run: object = run) -> bool:
                return (await read_run(own_database, run)).dispatched_at is not None  # type: ignore[arg-type]

            await eventually(dispatched)


@pytest.mark.usefixtures("quick")
async def test_one_at_a_time_does_it_and_another_takes_over(
    own_database: Database, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy: list[str] = []

    def dispatcher(name: str) -> type:
        class Counting:
            waits = (select(literal(1)),)

            def __init__(self, *_: object) -> None: ...

            async def sweep(self) -> int:
                busy.append(name)
                return 0

            async def close(self) -> None: ...

        return Counting

    monkeypatch.setattr(maintenance, "Dispatcher", dispatcher("first"))
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(contextlib.AsyncExitStack())
        await first.enter_async_context(maintaining(own_database, client))
        await eventually(lambda: reached(busy, "first", 3))
        monkeypatch.setattr(maintenance, "Dispatcher", dispatcher("second"))
        await stack.enter_async_context(maintaining(own_database, client))
        count = len(busy)
        await eventually(lambda: reached(busy, "first", count + 5))
        assert set(busy) == {"first"}
        await first.aclose()
        await eventually(lambda: reached(busy, "second", 3))


@pytest.mark.usefixtures("quick")
async def test_what_is_under_way_ends_with_the_lock_and_is_begun_anew(
    own_database: Database, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    class Hanging:
        waits = (select(literal(1)),)

        def __init__(self, *_: object) -> None: ...

        async def sweep(self) -> int:
            seen.append("begun")
            try:
                await asyncio.Event().wait()
            finally:
                seen.append("ended")
            return 0

        async def close(self) -> None: ...

    monkeypatch.setattr(maintenance, "Dispatcher", Hanging)
    async with maintaining(own_database, client):
        await eventually(lambda: reached(seen, "begun", 1))
        await drop_connections(own_database.url)
        await eventually(lambda: reached(seen, "begun", 2))
        assert seen == ["begun", "ended", "begun"]


@pytest.mark.usefixtures("quick")
async def test_it_ends_also_when_work_keeps_the_cancellation_to_itself(
    own_database: Database, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    async def run_once(_: object) -> int:
        seen.append("begun")
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return 0

    monkeypatch.setattr(maintenance.Reconciler, "run_once", run_once)
    async with asyncio.timeout(10), maintaining(own_database, client):
        await eventually(lambda: reached(seen, "begun", 1))
    assert seen == ["begun"]


async def test_signals_that_were_delivered_long_ago_are_forgotten(own_database: Database, own_workspace: UUID) -> None:
    run = await pending_run(own_database, own_workspace)
    control = Control(workspace_id=str(own_workspace), action="pause")
    async with own_database.tenant(own_workspace) as session:
        old, fresh = [
            await enqueue(session, own_workspace, run.id, workflow_id(str(run.id), 1), "control", control)
            for _ in range(2)
        ]
        await session.execute(update(OutboxRow).where(OutboxRow.id == old).values(delivered_at=ago(8 * 86_400)))
        await session.execute(update(OutboxRow).where(OutboxRow.id == fresh).values(delivered_at=ago(86_400)))
    assert await forget_delivered(own_database) == 1
    async with own_database.tenant(own_workspace) as session:
        assert (await session.scalars(select(OutboxRow.id))).all() == [fresh]


async def reached(busy: list[str], name: str, count: int) -> bool:
    return busy.count(name) >= count


async def drop_connections(url: str) -> None:
    """What a restart of the server looks like from outside."""
    admin = await asyncpg.connect(url)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await admin.close()
