"""A run's history has no gaps, whoever writes it."""

import asyncio
from uuid import UUID, uuid4

import pytest

from db.run_events import append_event, enter_run
from db.session import Database
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import NodeStatus, RunStatus
from schemas.run_events import EventType
from schemas.service_calls import CloseRun
from tests.support.run_log import LoggedRun, entry


@pytest.fixture
async def run(database: Database, workspace_id: UUID) -> LoggedRun:
    """A pending run."""
    return await LoggedRun.create(database, workspace_id)


async def test_fifty_writers_leave_no_gap(run: LoggedRun) -> None:
    async def by_session(number: int) -> None:
        async with run.database.tenant(run.workspace_id) as session:
            await append_event(session, run.id, EventType.RUN_PAUSED, data={"number": number})
            if number % 5 == 0:
                raise _Undo

    async def by_step(number: int) -> None:
        await run.complete(f"n{number}")

    outcomes = await asyncio.gather(
        *(by_session(number) for number in range(25)),
        *(by_step(number) for number in range(25)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, _Undo) for outcome in outcomes) == 5
    assert [outcome for outcome in outcomes if isinstance(outcome, BaseException)] == [o for o in outcomes if o]
    assert len(await run.events()) == 1 + 20 + 50


async def test_the_number_is_given_back(run: LoggedRun) -> None:
    async with run.database.tenant(run.workspace_id) as session:
        first = await append_event(session, run.id, EventType.RUN_CREATED, data={"trigger": "api"})
        second = await append_event(
            session, run.id, EventType.STEP_STARTED, path="each[3].send", iteration=2, attempt=4
        )
    assert (first, second) == (1, 2)
    created, started = await run.events()
    assert created.data == {"trigger": "api"}
    assert (started.path, started.iteration, started.attempt, started.data) == ("each[3].send", 2, 4, {})
    assert started.at.endswith("Z")


async def test_a_foreign_run_is_not_found(run: LoggedRun) -> None:
    with pytest.raises(PerdureError) as refused:
        async with run.database.tenant(uuid4()) as session:
            await append_event(session, run.id, EventType.RUN_CREATED)
    assert refused.value.code is ErrorCode.NOT_FOUND


async def test_entering_stores_entries_and_starts_the_run(run: LoggedRun) -> None:
    async with run.database.tenant(run.workspace_id) as session:
        await enter_run(session, str(run.workspace_id), str(run.id), 1, [entry("a", NodeStatus.COMPLETED)])
    assert await run.history() == ["run.started", "step.completed a"]


async def test_an_ended_run_cannot_be_entered(run: LoggedRun) -> None:
    await run.log.close(CloseRun.model_validate(run.message(status=RunStatus.COMPLETED)))
    with pytest.raises(PerdureError) as refused:
        async with run.database.tenant(run.workspace_id) as session:
            await enter_run(session, str(run.workspace_id), str(run.id), 1, ())
    assert refused.value.code is ErrorCode.CANCELLED


class _Undo(Exception):  # noqa: N818
    """Rolls a transaction back."""
