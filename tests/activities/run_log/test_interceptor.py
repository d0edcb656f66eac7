"""The interceptor on a real worker: a lost acknowledgement, failing attempts, cancellation, an outage."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
    UnsandboxedWorkflowRunner,
    Worker,
)

from activities.run_log.interceptor import RunLogInterceptor
from activities.run_log.log import RunLog
from db.session import Database
from schemas.errors import ErrorCode, PerdureError
from schemas.messages import ChildRun, RunStatus, StepInput, StepResult
from schemas.plan import PinnedVersion
from schemas.service_calls import CloseRun, WriteLog
from tests.support.polling import eventually
from tests.support.run_log import LoggedRun


@workflow.defn(name="one_step")
class OneStep:
    """Executes one step and gives its result."""

    @workflow.run
    async def run(self, step: StepInput, local: bool, attempts: int) -> StepResult:
        execute: Any = workflow.execute_local_activity if local else workflow.execute_activity
        result: StepResult = await execute(
            "code",
            step,
            result_type=StepResult,
            start_to_close_timeout=timedelta(seconds=10),
            retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=attempts),
        )
        return result


@dataclass
class Behaviour:
    """The step's side effect, counted."""

    act: Callable[[int], Any]
    executed: list[int] = field(default_factory=list)

    @activity.defn(name="code")
    async def code(self, step: StepInput) -> StepResult:
        attempt = activity.info().attempt
        self.executed.append(attempt)
        output = self.act(attempt)
        if asyncio.iscoroutine(output):
            output = await output
        return StepResult(workspace_id=step.workspace_id, output=output, cost_usd=0.5)


class LoseAcknowledgement(Interceptor):
    """Stands outside of the run log and loses the first answer, as a worker that dies there does."""

    def __init__(self) -> None:
        self.lost = 0

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        outer = self

        class Lose(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
                result = await super().execute_activity(input)
                if not outer.lost:
                    outer.lost += 1
                    raise ConnectionError("the answer is lost")
                return result

        return Lose(next)


@asynccontextmanager
async def _worker(
    client: Client, behaviour: Behaviour, log: RunLog, *outside: Interceptor
) -> AsyncIterator[Callable[..., Any]]:
    queue = f"test-{uuid4()}"
    worker = Worker(
        client,
        task_queue=queue,
        workflows=[OneStep],
        activities=[behaviour.code],
        interceptors=[*outside, RunLogInterceptor(log)],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )

    async def execute(step: StepInput, *, local: bool = False, attempts: int = 5) -> StepResult:
        return await client.execute_workflow(
            OneStep.run, args=[step, local, attempts], id=f"test-{uuid4()}", task_queue=queue
        )

    async with worker:
        yield execute


@pytest.mark.parametrize("local", [False, True])
async def test_a_lost_answer_does_not_repeat_the_step(temporal: Client, run: LoggedRun, local: bool) -> None:
    behaviour, lose = Behaviour(lambda attempt: {"attempt": attempt}), LoseAcknowledgement()
    async with _worker(temporal, behaviour, run.log, lose) as execute:
        result = await execute(run.step(), local=local)
    assert lose.lost == 1
    assert behaviour.executed == [1]
    assert result.output == {"attempt": 1}
    assert await run.history() == ["run.started", "step.started a", "step.completed a"]
    assert float((await run.row()).cost_usd) == 0.5


async def test_attempts_that_fail_are_logged_and_the_last_is_not(temporal: Client, run: LoggedRun) -> None:
    def fail(attempt: int) -> None:
        raise ApplicationError(f"no answer {attempt}")

    behaviour = Behaviour(fail)
    async with _worker(temporal, behaviour, run.log) as execute:
        with pytest.raises(WorkflowFailureError):
            await execute(run.step(), attempts=3)
    assert behaviour.executed == [1, 2, 3]
    assert await run.history() == [
        "run.started",
        "step.started a",
        "step.retrying a",
        "step.started a",
        "step.retrying a",
        "step.started a",
    ]


async def test_a_failure_for_good_is_left_to_the_workflow(temporal: Client, run: LoggedRun) -> None:
    def fail(attempt: int) -> None:
        raise ApplicationError("wrong settings", non_retryable=True)

    async with _worker(temporal, Behaviour(fail), run.log) as execute:
        with pytest.raises(WorkflowFailureError):
            await execute(run.step())
    assert await run.history() == ["run.started", "step.started a"]


async def test_the_error_of_an_attempt_is_typed(temporal: Client, run: LoggedRun) -> None:
    def fail_once(attempt: int) -> str:
        if attempt == 1:
            raise PerdureError(ErrorCode.RATE_LIMITED, "Too many requests.", retry_after=0.01)
        return "ok"

    async with _worker(temporal, Behaviour(fail_once), run.log) as execute:
        await execute(run.step())
    retrying = next(event for event in await run.events() if event.type == "step.retrying")
    assert retrying.data["error"]["code"] == "rate_limited"
    assert retrying.attempt == 1


async def test_a_step_of_an_ended_run_is_not_executed(temporal: Client, run: LoggedRun) -> None:
    await run.log.close(CloseRun.model_validate(run.message(status=RunStatus.TERMINATED)))
    behaviour = Behaviour(lambda attempt: None)
    async with _worker(temporal, behaviour, run.log) as execute:
        with pytest.raises(WorkflowFailureError) as failed:
            await execute(run.step())
    assert behaviour.executed == []
    activity_error = failed.value.cause
    assert isinstance(activity_error, ActivityError)
    assert isinstance(activity_error.cause, ApplicationError)
    assert activity_error.cause.type == ErrorCode.CANCELLED


async def test_a_step_may_be_faster_than_the_row_of_its_child_run(temporal: Client, run: LoggedRun) -> None:
    child = LoggedRun(run.database, await run.row())
    child.id = uuid4()
    version = PinnedVersion.model_validate(
        {"workflow": "w", "version": 1, "version_id": str((await run.row()).version_id)}
        | {"plan_hash": "0" * 64, "blob_hash": "0" * 64, "size": 0}
    )
    row = ChildRun(parent_run_id=str(run.id), parent_path="sub", version=version)
    behaviour = Behaviour(lambda attempt: "done")
    log = WatchedLog(run.database)
    async with _worker(temporal, behaviour, log) as execute:
        running = asyncio.create_task(execute(child.step()))
        await eventually(lambda: _failed(log))
        await run.log.write(WriteLog.model_validate(child.message(child=row)))
        await running
    assert behaviour.executed == [1]
    assert (await child.history())[-1] == "step.completed a"


async def test_an_outage_at_the_end_of_a_step_does_not_repeat_it(temporal: Client, run: LoggedRun) -> None:
    log = WatchedLog(run.database)
    behaviour = Behaviour(lambda attempt: log.go_away())
    async with _worker(temporal, behaviour, log) as execute:
        running = asyncio.create_task(execute(run.step()))
        await eventually(lambda: _failed(log))
        log.come_back()
        await running
    assert behaviour.executed == [1]
    assert (await run.history())[-1] == "step.completed a"


class WatchedLog(RunLog):
    """A run log that counts failed statements, and whose database can be unplugged."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.failed = 0
        self._away = False
        self._once = self._statements._once
        self._statements._once = self._watched  # type: ignore[method-assign]

    def go_away(self) -> None:
        self._away = True

    def come_back(self) -> None:
        self._away = False

    async def _watched(self, statement: Any, arguments: tuple[Any, ...]) -> Any:
        try:
            if self._away:
                raise ConnectionRefusedError
            return await self._once(statement, arguments)
        except Exception:
            self.failed += 1
            raise


async def _failed(log: WatchedLog) -> bool:
    return log.failed > 2
