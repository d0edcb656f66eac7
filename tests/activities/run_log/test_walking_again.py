"""A run whose end was recorded, but whose last workflow task was lost, walks once more over what it did."""

import pytest

from schemas.errors import ErrorCode, PerdureError
from schemas.messages import RunStatus
from schemas.service_calls import CloseRun
from tests.support.run_log import LoggedRun


async def _end(run: LoggedRun, status: RunStatus = RunStatus.COMPLETED) -> bool:
    return await run.log.close(CloseRun.model_validate(run.message(status=status)))


async def test_it_finds_the_results_of_its_steps(run: LoggedRun) -> None:
    await run.complete("a", {"n": 1})
    assert await _end(run)
    before = await run.history()
    found = await run.log.step_started(run.step("a"), 1)
    assert found is not None
    assert found.output == {"n": 1}
    assert not await _end(run)
    assert await run.history() == before


async def test_also_of_those_that_were_undone(run: LoggedRun) -> None:
    await run.complete("a", "paid")
    await run.complete("undo_a", "returned", compensates="a")
    undo = run.step("undo_a", compensates="a")
    await run.log.step_completed(undo, 1, run.result("returned"))
    await _end(run, RunStatus.FAILED)
    for path, output in (("a", "paid"), ("undo_a", "returned")):
        found = await run.log.step_started(run.step(path), 1)
        assert found is not None
        assert found.output == output


async def test_but_it_does_nothing_new(run: LoggedRun) -> None:
    await run.complete("a")
    await run.log.step_started(run.step("b"), 1)
    await _end(run)
    for path in ("b", "c"):
        with pytest.raises(PerdureError) as caught:
            await run.log.step_started(run.step(path), 1)
        assert caught.value.code is ErrorCode.CANCELLED


async def test_the_results_of_another_attempt_do_not_count(run: LoggedRun) -> None:
    await run.complete("a")
    await _end(run)
    with pytest.raises(PerdureError):
        await run.log.step_started(run.step("a", run_attempt=2), 1)
