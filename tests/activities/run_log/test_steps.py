"""Starts and ends of steps: recorded results, totals, attempts, text that is superseded."""

import asyncio
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest

from activities.run_log.log import RunLog
from db.session import Database
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import NodeStatus, RunStatus
from schemas.service_calls import CloseRun
from tests.support.run_log import LoggedRun, entry, error


async def test_first_step_starts_the_run(run: LoggedRun) -> None:
    await run.complete("a", {"x": 1})
    assert await run.history() == ["run.started", "step.started a", "step.completed a"]
    row = await run.row()
    assert row.status == "running"
    assert row.started_at is not None
    step = await run.step_row()
    assert (step.status, step.output, step.port, step.input) == ("completed", {"x": 1}, "out", {"n": 1})
    assert step.started_at is not None
    assert step.ended_at is not None
    assert step.ended_at >= step.started_at


async def test_completed_step_gives_its_recorded_result(run: LoggedRun) -> None:
    result = run.result(
        {"text": "hi", "none": None}, port="error", cost_usd=0.25, tokens_in=3, tokens_out=5, details={"model": "m"}
    )
    assert await run.log.step_started(run.step(), 1) is None
    assert await run.log.step_completed(run.step(), 1, result) == result
    assert await run.log.step_started(run.step(), 2) == result
    assert await run.history() == ["run.started", "step.started a", "step.completed a"]


@pytest.mark.parametrize("output", [None, False, 0, "", [], {}, "null", "x" * 900_000, 2**63 - 1, 1.5e-9])
async def test_any_output_is_recorded_as_it_is(run: LoggedRun, output: object) -> None:
    await run.complete("a", output)
    recorded = await run.log.step_started(run.step(), 2)
    assert recorded is not None
    assert recorded.output == output


async def test_each_iteration_is_a_step_of_its_own(run: LoggedRun) -> None:
    await run.complete("a", 0)
    await run.complete("a", 1, iteration=1)
    recorded = await run.log.step_started(run.step(iteration=0), 1)
    assert recorded is not None
    assert recorded.output == 0


async def test_totals_count_each_step_once(run: LoggedRun) -> None:
    paid = run.result("x", cost_usd=0.1, tokens_in=10, tokens_out=20)
    for path in ("a", "b"):
        await run.log.step_started(run.step(path), 1)
        for _ in range(3):
            await run.log.step_completed(run.step(path), 1, paid)
    row = await run.row()
    assert (row.cost_usd, row.tokens_in, row.tokens_out, row.steps_done) == (Decimal("0.2"), 20, 40, 2)


async def test_the_first_of_two_results_stands(run: LoggedRun) -> None:
    for attempt in (1, 2):
        await run.log.step_started(run.step(), attempt)
    first = await run.log.step_completed(run.step(), 1, run.result("slow but first"))
    second = await run.log.step_completed(run.step(), 2, run.result("late"))
    assert first.output == second.output == "slow but first"
    assert (await run.history()).count("step.completed a") == 1


async def test_result_after_the_step_was_given_up_only_costs(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    given_up = run.step("b", log=(entry("a", NodeStatus.FAILED, error=error()),))
    await run.log.step_started(given_up, 1)
    late = run.result("late", cost_usd=0.5)
    assert await run.log.step_completed(run.step(), 1, late) == late
    assert (await run.step_row()).status == "failed"
    row = await run.row()
    assert (row.cost_usd, row.steps_done) == (Decimal("0.5"), 0)


async def test_attempts_that_fail_are_events(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    await run.log.step_retrying(run.step(), 1, error("No answer."), 2.5)
    assert (await run.step_row()).status == "running"
    await run.log.step_started(run.step(), 2)
    assert (await run.step_row()).error["message"] == "No answer."
    await run.log.step_completed(run.step(), 2, run.result())
    step = await run.step_row()
    assert (step.attempt, step.error, step.status) == (2, None, "completed")
    events = await run.events()
    assert [(e.type.value, e.attempt) for e in events[1:]] == [
        ("step.started", 1),
        ("step.retrying", 1),
        ("step.started", 2),
        ("step.completed", 2),
    ]
    assert events[2].data["error"]["code"] == "network"


async def test_the_same_attempt_told_twice_is_one_event(run: LoggedRun) -> None:
    for _ in range(3):
        await run.log.step_started(run.step(), 1)
    assert await run.history() == ["run.started", "step.started a"]


async def test_text_of_a_failed_attempt_is_superseded(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    await run.log.step_delta(run.step(), 1, "wro")
    await run.log.step_delta(run.step(), 1, "ng")
    await run.log.step_started(run.step(), 2)
    await run.log.step_delta(run.step(), 1, "a zombie's text")
    await run.log.step_delta(run.step(), 2, "right")
    await run.log.step_completed(run.step(), 2, run.result("right"))
    await run.log.step_delta(run.step(), 2, "after the end")
    events = [(e.type.value, e.attempt, e.data.get("text")) for e in await run.events()][1:]
    assert events == [
        ("step.started", 1, None),
        ("step.delta", 1, "wro"),
        ("step.delta", 1, "ng"),
        ("step.superseded", 1, None),
        ("step.started", 2, None),
        ("step.delta", 2, "right"),
        ("step.completed", 2, None),
    ]


async def test_a_large_output_stays_in_its_step(run: LoggedRun) -> None:
    await run.complete("a", "x" * 20_000)
    data = (await run.events())[-1].data
    assert "output" not in data
    assert data["output_bytes"] > 20_000


async def test_an_ended_run_starts_no_step(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    await _close(run)
    with pytest.raises(PerdureError) as refused:
        await run.log.step_started(run.step("b"), 1)
    assert refused.value.code is ErrorCode.CANCELLED
    await run.log.step_completed(run.step(), 1, run.result("late", cost_usd=1))
    assert (await run.history())[-1] == "run.failed"
    assert (await run.step_row()).status == "cancelled"
    assert (await run.row()).cost_usd == 1


async def test_a_superseded_attempt_of_the_run_starts_no_step(database: Database, workspace_id: UUID) -> None:
    run = await LoggedRun.create(database, workspace_id, attempt=2)
    with pytest.raises(PerdureError) as refused:
        await run.log.step_started(run.step(run_attempt=1), 1)
    assert refused.value.code is ErrorCode.CANCELLED
    assert await run.history() == []


async def test_a_retried_run_reuses_results_of_the_same_settings(run: LoggedRun, database_url: str) -> None:
    await run.complete("same", "paid")
    await run.complete("other", "old")
    await run.complete("undo", "undone", compensates="gone")
    await _close(run)
    await _retry(run, database_url)
    assert await run.log.step_started(run.step("same", run_attempt=2), 1) is not None
    assert await run.log.step_started(run.step("other", run_attempt=2, config={"n": 2}), 1) is None
    assert await run.log.step_started(run.step("undo", run_attempt=2, compensates="gone"), 1) is None


async def test_undoing_marks_the_step_as_compensated(run: LoggedRun) -> None:
    for iteration in range(3):
        await run.complete("pay", iteration=iteration)
    await run.complete("refund", iteration=1, compensates="pay")
    await run.complete("refund", iteration=7, compensates="pay")
    statuses = [(await run.step_row("pay", n)).status for n in range(3)]
    assert statuses == ["completed", "compensated", "compensated"]
    assert (await run.history()).count("step.compensated pay") == 2


async def test_unknown_run_and_foreign_run_are_not_found(run: LoggedRun, workspace_id: UUID) -> None:
    for changes in ({"run_id": str(uuid4())}, {"workspace_id": str(uuid4())}):
        with pytest.raises(PerdureError) as refused:
            await run.log.step_started(run.step(**changes), 1)
        assert refused.value.code is ErrorCode.NOT_FOUND


@pytest.mark.parametrize("text", ["a\0b", "\ud800", {"k\0": 1}])
async def test_text_that_cannot_be_stored_is_refused(run: LoggedRun, text: object) -> None:
    await run.log.step_started(run.step(), 1)
    with pytest.raises(PerdureError) as refused:
        await run.log.step_completed(run.step(), 1, run.result(text))
    assert refused.value.code is ErrorCode.INVALID_TEXT
    for name in ("x\0y", "x\ud800"):
        with pytest.raises(PerdureError) as refused:
            await run.log.step_started(run.step("b", name=name), 1)
        assert refused.value.code is ErrorCode.INVALID_TEXT
    await run.log.step_completed(run.step(), 1, run.result("\\u0000 is fine"))


async def test_a_start_that_a_crash_has_forgotten_is_told_again(run: LoggedRun, database_url: str) -> None:
    step = run.step(log=(entry("before", NodeStatus.COMPLETED),))
    await run.log.step_started(step, 1)
    await _forget_everything(run, database_url)
    await run.log.step_completed(step, 1, run.result("kept"))
    assert await run.history() == ["run.started", "step.completed before", "step.started a", "step.completed a"]
    assert (await run.step_row()).output == "kept"
    assert (await run.row()).steps_done == 2


async def test_parallel_steps_leave_no_gap(run: LoggedRun) -> None:
    await asyncio.gather(*(run.complete(f"n{index}", index) for index in range(50)))
    assert len(await run.events()) == 101
    assert (await run.row()).steps_done == 50


async def test_an_unreachable_database_is_unavailable() -> None:
    away = Database("postgresql://postgres:@/postgres?host=/nowhere")
    with pytest.raises(PerdureError) as refused:
        await RunLog(away).step_started(LoggedRun.step(_Nobody()), 1, patience=0.2)  # type: ignore[arg-type]
    assert refused.value.code is ErrorCode.UNAVAILABLE
    await away.dispose()


class _Nobody:
    workspace_id = id = UUID(int=1)


async def _close(run: LoggedRun) -> None:
    await run.log.close(CloseRun.model_validate(run.message(status=RunStatus.FAILED)))


async def _retry(run: LoggedRun, url: str) -> None:
    await _execute(url, "UPDATE runs SET status = 'pending', attempt = 2 WHERE id = $1", run.id)


async def _forget_everything(run: LoggedRun, url: str) -> None:
    """What a crash does to commits that did not wait for the disk."""
    await _execute(url, "DELETE FROM steps WHERE run_id = $1", run.id)
    await _execute(url, "DELETE FROM run_events WHERE run_id = $1", run.id)
    await _execute(url, "UPDATE runs SET status = 'pending', last_event_seq = 0, steps_done = 0 WHERE id = $1", run.id)


async def _execute(url: str, statement: str, *arguments: object) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement, *arguments)
    await connection.close()
