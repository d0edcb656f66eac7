"""Entries that ride along: every change once, in order, however often they are told."""

import itertools
import random

import pytest

from schemas.messages import NodeStatus, RunStatus, StepEntry
from schemas.service_calls import WriteLog
from tests.support.run_log import LoggedRun, entry, error

S = NodeStatus


async def _tell(run: LoggedRun, *entries: StepEntry, attempt: int = 1) -> None:
    await run.log.write(WriteLog.model_validate(run.message(run_attempt=attempt, entries=entries)))


async def test_entries_become_steps_and_events(run: LoggedRun) -> None:
    await _tell(
        run,
        entry("choose", S.COMPLETED, 1, port="high", output={"case": "high"}),
        entry("other", S.SKIPPED, 1),
        entry("ask", S.WAITING, 2, input={"title": "?"}),
        entry("bad", S.FAILED, 2, error=error()),
    )
    assert await run.history() == [
        "run.started",
        "step.completed choose",
        "step.skipped other",
        "step.waiting ask",
        "step.failed bad",
    ]
    chosen, skipped, asked = [await run.step_row(path) for path in ("choose", "other", "ask")]
    assert (chosen.port, chosen.output, chosen.status) == ("high", {"case": "high"}, "completed")
    assert skipped.started_at is None
    assert asked.ended_at is None
    assert (await run.step_row("bad")).error["code"] == "network"
    assert (await run.row()).steps_done == 1


async def test_told_twice_changes_nothing(run: LoggedRun) -> None:
    entries = (entry("a", S.WAITING, 1), entry("a", S.COMPLETED, 2, output=1), entry("b", S.SKIPPED, 2))
    for _ in range(3):
        await _tell(run, *entries)
    await _tell(run, entries[0])
    assert await run.history() == ["run.started", "step.waiting a", "step.completed a", "step.skipped b"]
    step = await run.step_row("a")
    assert step.started_at is not None
    assert step.ended_at is not None
    assert (step.ended_at - step.started_at).total_seconds() == 1
    assert (await run.row()).steps_done == 1


async def test_old_news_of_a_step_that_went_on_is_ignored(run: LoggedRun) -> None:
    parked = entry("a", S.WAITING, 5, error=error())
    await run.log.step_started(run.step("a"), 1)
    await _tell(run, parked)
    await run.log.step_started(run.step("a"), 1)
    await _tell(run, parked)
    assert (await run.step_row("a")).status == "running"
    await run.log.step_completed(run.step("a"), 1, run.result("x"))
    await _tell(run, parked)
    assert (await run.step_row("a")).status == "completed"
    assert await run.history() == [
        "run.started",
        "step.started a",
        "step.waiting a",
        "step.started a",
        "step.completed a",
    ]


async def test_the_same_status_with_news_is_news(run: LoggedRun) -> None:
    await _tell(run, entry("a", S.WAITING, 1), entry("a", S.WAITING, 2, error=error("Parked.")))
    await _tell(run, entry("a", S.WAITING, 2, error=error("Parked.")), entry("a", S.WAITING, 1))
    assert (await run.step_row("a")).error["message"] == "Parked."
    assert await run.history() == ["run.started", "step.waiting a", "step.waiting a"]
    await run.complete("b", "x")
    await _tell(run, entry("b", S.COMPLETED, 3, output="x", port="out"))
    assert (await run.history()).count("step.completed b") == 1


async def test_compensated_keeps_the_output(run: LoggedRun) -> None:
    await run.complete("a", "paid")
    await _tell(run, entry("a", S.COMPENSATED, 3))
    step = await run.step_row("a")
    assert (step.status, step.output) == ("compensated", "paid")
    assert (await run.history())[-1] == "step.compensated a"


async def test_a_later_attempt_of_the_run_begins_the_step_anew(run: LoggedRun) -> None:
    await _tell(run, entry("a", S.FAILED, 1, error=error()))
    await _tell(run, entry("a", S.COMPLETED, 0), attempt=2)
    await _tell(run, entry("a", S.FAILED, 9), attempt=1)
    step = await run.step_row("a")
    assert (step.status, step.run_attempt, step.error) == ("completed", 2, None)


async def test_status_of_the_run_changes_once(run: LoggedRun) -> None:
    for status in (RunStatus.RUNNING, RunStatus.PAUSED, RunStatus.PAUSED, RunStatus.RUNNING, RunStatus.RUNNING):
        await run.log.write(WriteLog.model_validate(run.message(status=status)))
    assert await run.history() == ["run.started", "run.paused", "run.resumed"]
    assert (await run.row()).status == "running"


@pytest.mark.parametrize("seed", range(12))
async def test_any_repetition_at_any_later_moment_changes_nothing(run: LoggedRun, seed: int) -> None:
    chance = random.Random(seed)
    statuses = chance.choices([S.RUNNING, S.WAITING, S.COMPLETED, S.FAILED, S.CANCELLED], k=6)
    told = [entry("a", status, second) for second, status in enumerate(statuses)]
    for index, one in enumerate(told):
        await _tell(run, one)
        await _tell(run, *chance.sample(told[: index + 1], k=chance.randint(0, index + 1)))
    changes = [status for status, _ in itertools.groupby(statuses)]
    names = {S.RUNNING: "started"}
    assert (await run.history())[1:] == [f"step.{names.get(status, status)} a" for status in changes]
    assert (await run.step_row("a")).status == statuses[-1]
