"""Calls that must not be made twice: what the run log remembers of them, and whom it lets send."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.run_log.interceptor import RunLogInterceptor
from activities.run_log.services import RunLogServices
from schemas.document import Retry
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import NodeStatus, RunStatus, StepInput, StepResult
from schemas.plan import Mode, PlanNode
from schemas.service_calls import CloseRun
from schemas.unknown_outcomes import FindCall, SentCall
from tests.support.run_log import LoggedRun, entry, error
from workflows.graph_run.calls import StepFailure, call_step

CALL = {"to": "POST https://bank.example", "idempotency_key": None}


async def refused(doing: Any) -> PerdureError:
    with pytest.raises(PerdureError) as caught:
        await doing
    return caught.value


async def sent(run: LoggedRun, attempt: int = 1, **step: Any) -> SentCall:
    """An attempt begins and sends its call."""
    await run.log.step_started(run.step(**step), attempt)
    return await run.log.step_sending(run.step(**step), attempt, CALL)


def asked(run: LoggedRun) -> FindCall:
    return FindCall.model_validate(run.message(path="a"))


async def test_the_next_attempt_is_told_instead_of_executed(run: LoggedRun) -> None:
    call = await sent(run)
    assert (call.to, call.attempt) == (CALL["to"], 1)
    unknown = await refused(run.log.step_started(run.step(), 2))
    assert unknown.code is ErrorCode.OUTCOME_UNKNOWN
    assert unknown.info.details["call"] == call.model_dump()
    assert unknown.info.details["lost"] == "worker"
    assert await run.history() == ["run.started", "step.started a"]
    assert (await run.step_row()).attempt == 1


async def test_a_known_answer_lets_the_next_attempt_send_again(run: LoggedRun) -> None:
    await sent(run)
    await run.log.step_answered(run.step(), 1)
    assert (await sent(run, 2)).attempt == 2


async def test_a_result_stands_whatever_was_sent(run: LoggedRun) -> None:
    await sent(run)
    await run.log.step_completed(run.step(), 1, run.result("done"))
    recorded = await run.log.step_started(run.step(), 2)
    assert recorded is not None
    assert recorded.output == "done"


async def test_an_attempt_that_was_overtaken_sends_nothing(run: LoggedRun) -> None:
    for attempt in (1, 2):
        await run.log.step_started(run.step(), attempt)
    assert (await refused(run.log.step_sending(run.step(), 1, CALL))).code is ErrorCode.CANCELLED
    assert (await run.log.step_sending(run.step(), 2, CALL)).attempt == 2


async def test_an_answer_to_an_older_attempt_does_not_settle_a_later_call(run: LoggedRun) -> None:
    await sent(run)
    await run.log.step_answered(run.step(), 1)
    await sent(run, 2)
    await run.log.step_answered(run.step(), 1)
    assert (await refused(run.log.step_started(run.step(), 3))).code is ErrorCode.OUTCOME_UNKNOWN


async def test_nothing_is_sent_for_a_run_that_has_ended(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    await run.log.close(CloseRun.model_validate(run.message(status=RunStatus.TERMINATED)))
    assert (await refused(run.log.step_sending(run.step(), 1, CALL))).code is ErrorCode.CANCELLED


async def test_a_start_that_the_database_forgot_is_told_again_before_the_call(run: LoggedRun) -> None:
    assert (await run.log.step_sending(run.step(), 1, CALL)).attempt == 1
    assert await run.history() == ["run.started", "step.started a"]


async def test_another_iteration_is_another_call(run: LoggedRun) -> None:
    await sent(run)
    assert (await sent(run, iteration=1)).attempt == 1


async def test_the_question_outlives_the_attempt_of_the_run(run: LoggedRun) -> None:
    await sent(run)
    unknown = ErrorInfo(code=ErrorCode.OUTCOME_UNKNOWN, message="Who knows?")
    told = (entry("a", NodeStatus.FAILED, 30, error=unknown),)
    await run.log.step_started(run.step("b", log=told), 1)
    later = run.step(run_attempt=2)
    assert (await refused(run.log.step_started(later, 1))).code is ErrorCode.OUTCOME_UNKNOWN


async def test_entries_that_ride_along_are_stored_beside_the_refusal(run: LoggedRun) -> None:
    await sent(run)
    told = (entry("b", NodeStatus.COMPLETED),)
    await refused(run.log.step_started(run.step(log=told), 2))
    assert (await run.step_row("b")).status == "completed"
    assert (await run.history())[-1] == "step.completed b"


async def test_a_step_that_is_given_up_can_neither_send_nor_complete(run: LoggedRun) -> None:
    await run.log.step_started(run.step(), 1)
    assert await run.log.find_call(asked(run)) is None
    assert (await refused(run.log.step_sending(run.step(), 1, CALL))).code is ErrorCode.CANCELLED
    await run.log.step_completed(run.step(), 1, run.result("too late"))
    assert (await run.step_row()).status == "waiting"


async def test_what_was_sent_before_the_worker_went_silent_is_found(run: LoggedRun) -> None:
    call = await sent(run)
    assert await run.log.find_call(asked(run)) == call
    assert await run.log.find_call(asked(run)) == call


async def test_a_call_of_a_finished_step_is_not_looked_for(run: LoggedRun) -> None:
    await sent(run)
    await run.log.step_completed(run.step(), 1, run.result())
    assert await run.log.find_call(asked(run)) is None


async def test_what_is_run_again_with_other_settings_forgets_the_old_call(run: LoggedRun) -> None:
    await sent(run)
    await run.log.step_completed(run.step(), 1, run.result())
    changed = run.step(run_attempt=2, config={"n": 2})
    assert await run.log.step_started(changed, 1) is None
    assert (await run.step_row()).sent is None
    await run.log.step_retrying(changed, 1, error(), 0.0)
    assert await run.log.step_started(changed, 2) is None


@workflow.defn(name="one_call")
class OneCall:
    """Executes one step of a kind that may send, and says with which error it ends."""

    @workflow.run
    async def run(self, step: StepInput, queue: str, attempts: int) -> ErrorInfo:
        node = PlanNode(
            id="a",
            kind="http_request",
            name="A",
            mode=Mode.REMOTE,
            config={},
            ports=("out",),
            retry=Retry(max_attempts=attempts, initial=0.01, max_interval=0.01),
            timeout=30,
            heartbeat=0.5,
            queue=queue,
        )
        try:
            await call_step(node, step)
        except StepFailure as failure:
            return failure.info
        raise AssertionError


@asynccontextmanager
async def silent_worker(client: Client, run: LoggedRun, *, sends: bool) -> AsyncIterator[tuple[str, list[int]]]:
    """A worker whose step never answers nor beats, as if it had died; gives its queue and the attempts it executed."""
    executed: list[int] = []

    @activity.defn(name="http_request")
    async def step(given: StepInput) -> StepResult:
        executed.append(activity.info().attempt)
        if sends:
            await run.log.step_sending(given, activity.info().attempt, CALL)
        await asyncio.sleep(30)
        raise AssertionError

    queue = f"test-{uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[OneCall],
        activities=[step, RunLogServices(run.log).find_call],
        interceptors=[RunLogInterceptor(run.log)],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        yield queue, executed


@pytest.mark.parametrize("attempts", [1, 5])
@pytest.mark.parametrize("sends", [True, False])
async def test_a_silent_worker_has_sent_or_not(temporal: Client, run: LoggedRun, attempts: int, sends: bool) -> None:
    if attempts > 1 and not sends:
        attempts = 2
    async with silent_worker(temporal, run, sends=sends) as (queue, executed):
        arguments = [run.step(kind="http_request"), queue, attempts]
        info: ErrorInfo = await temporal.execute_workflow(
            OneCall.run, args=arguments, id=f"test-{uuid4()}", task_queue=queue
        )
    assert info.code is (ErrorCode.OUTCOME_UNKNOWN if sends else ErrorCode.TIMEOUT)
    assert executed == ([1] if sends else list(range(1, attempts + 1)))
