"""Calls that share a transaction: each gets its own answer, and one that fails spoils none of the others."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from activities.run_log.batches import MAX_CALLS, SLOTS, BatchedFunction
from activities.run_log.log import RunLog
from db.session import Database
from schemas.errors import ErrorCode, PerdureError
from tests.support.run_log import LoggedRun


class Fetches:
    """A database that is slow until it is let go, and refuses what is odd."""

    def __init__(self, odd: object = None) -> None:
        self.sizes: list[int] = []
        self.odd = odd
        self.go = asyncio.Event()

    async def __call__(self, statement: str, *arguments: Any) -> list[Any]:
        rows = list(zip(*arguments, strict=True)) if "unnest" in statement else [arguments]
        self.sizes.append(len(rows))
        await self.go.wait()
        if any(row[0] == self.odd for row in rows):
            raise ValueError(self.odd)
        return [row[0] for row in rows]


def _function(fetches: Fetches) -> BatchedFunction:
    return BatchedFunction("f", ("text", "uuid"), fetches)


async def test_calls_gather_while_others_are_under_way() -> None:
    fetches = Fetches()
    function = _function(fetches)
    calls = [asyncio.create_task(function.call(str(n), UUID(int=n))) for n in range(200)]
    await asyncio.sleep(0)
    fetches.go.set()
    assert await asyncio.gather(*calls) == [str(n) for n in range(200)]
    assert max(fetches.sizes) <= MAX_CALLS
    assert len(fetches.sizes) <= 200 // MAX_CALLS + 1 + SLOTS


async def test_a_lone_call_goes_at_once() -> None:
    fetches = Fetches()
    fetches.go.set()
    assert await _function(fetches).call("x", uuid4()) == "x"
    assert fetches.sizes == [1]


async def test_large_calls_are_not_piled_up() -> None:
    fetches = Fetches()
    fetches.go.set()
    function = _function(fetches)
    await asyncio.gather(*(function.call("x" * 300_000, uuid4()) for _ in range(6)))
    assert set(fetches.sizes) == {1}


async def test_a_call_that_fails_fails_alone() -> None:
    fetches = Fetches(odd="13")
    fetches.go.set()
    function = _function(fetches)
    answers = await asyncio.gather(*(function.call(str(n), uuid4()) for n in range(40)), return_exceptions=True)
    assert [n for n, answer in enumerate(answers) if isinstance(answer, ValueError)] == [13]
    assert [answer for answer in answers if isinstance(answer, str)] == [str(n) for n in range(40) if n != 13]


async def test_a_caller_that_leaves_disturbs_nobody() -> None:
    fetches = Fetches()
    function = _function(fetches)
    calls = [asyncio.create_task(function.call(str(n), uuid4())) for n in range(10)]
    await asyncio.sleep(0)
    calls[3].cancel()
    fetches.go.set()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(answers[3], asyncio.CancelledError)
    assert sum(isinstance(answer, str) for answer in answers) == 9


async def test_faults_of_some_runs_leave_the_others_alone(database: Database, run: LoggedRun) -> None:
    good = [run.log.step_started(run.step(f"n{n}"), 1) for n in range(20)]
    missing = [run.log.step_started(run.step("x", run_id=str(uuid4())), 1) for _ in range(3)]
    unclean = [run.log.step_started(run.step(f"u{n}", name="\0"), 1) for n in range(3)]
    answers = await asyncio.gather(*good, *missing, *unclean, return_exceptions=True)
    assert answers[:20] == [None] * 20
    codes = [answer.code for answer in answers[20:] if isinstance(answer, PerdureError)]
    assert codes == [ErrorCode.NOT_FOUND] * 3 + [ErrorCode.INVALID_TEXT] * 3
    assert len(await run.events()) == 21


@pytest.mark.parametrize("round_", range(3))
async def test_two_processes_with_the_same_runs_do_not_block_each_other(
    database: Database, workspace_id: UUID, round_: int
) -> None:
    runs = [await LoggedRun.create(database, workspace_id) for _ in range(12)]
    logs = [RunLog(database), RunLog(database)]

    async def work(log: RunLog, run: LoggedRun, path: str) -> None:
        assert await log.step_started(run.step(path), 1) is None
        await log.step_completed(run.step(path), 1, run.result(path))

    steps = [work(log, run, f"p{number}s{n}") for n in range(8) for number, log in enumerate(logs) for run in runs]
    await asyncio.gather(*steps)
    for run in runs:
        assert (await run.row()).steps_done == 16
        assert len(await run.events()) == 33
