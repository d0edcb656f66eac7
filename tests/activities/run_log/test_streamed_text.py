"""Streamed text: collected into few events, complete at the end, dropped without harm when nobody can store it."""

import asyncio

import pytest

from activities.run_log.log import RunLog
from activities.run_log.streamed_text import FLUSH_CHARS, emitter
from db.session import Database
from tests.support.polling import eventually
from tests.support.run_log import LoggedRun


async def _texts(run: LoggedRun) -> list[str]:
    return [event.data["text"] for event in await run.events() if event.type == "step.delta"]


async def test_many_pieces_become_few_events(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    async with emitter(run.log)(run.step(), 1) as emit:
        for index in range(1_000):
            await emit(f"{index} ")
    texts = await _texts(run)
    assert "".join(texts) == "".join(f"{index} " for index in range(1_000))
    assert len(texts) <= 10


async def test_text_is_seen_while_the_step_runs(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    async with emitter(run.log)(run.step(), 1) as emit:
        await emit("early")
        await eventually(lambda: _texts(run), seconds=5)
        await emit("")
        await emit("x" * FLUSH_CHARS)
        assert await _texts(run) == ["early", "x" * FLUSH_CHARS]
    assert len(await _texts(run)) == 2


async def test_parallel_pieces_keep_their_order(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    async with emitter(run.log)(run.step(), 1) as emit:
        await asyncio.gather(*(emit(f"{index:03}" * 500) for index in range(20)))
    joined = "".join(await _texts(run))
    assert joined == "".join(f"{index:03}" * 500 for index in range(20))


async def test_an_error_in_the_step_still_writes_the_rest(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    try:
        async with emitter(run.log)(run.step(), 1) as emit:
            await emit("half a sen")
            raise ValueError
    except ValueError:
        pass
    assert await _texts(run) == ["half a sen"]


async def test_the_step_goes_on_without_the_database(run: LoggedRun, caplog: pytest.LogCaptureFixture) -> None:
    await run.log.step_started(run.step(), 1)
    away = Database("postgresql://postgres:@/postgres?host=/nowhere")
    async with emitter(RunLog(away))(run.step(), 1) as emit:
        await emit("x" * FLUSH_CHARS)
    await away.dispose()
    assert "streamed text was dropped" in caplog.text
    assert await _texts(run) == []
