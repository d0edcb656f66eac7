"""The step runner, first alone, then under a real worker."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs
from temporalio import workflow
from temporalio.client import Client, WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities import registry
from activities.nodes import behaviours
from activities.registry import silent_emitter, step_activities, validated_config
from activities.step import Outcome, Services, StepContext
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.limits import LOG_SECONDS
from schemas.messages import StepInput, StepResult
from schemas.nodes import specs
from schemas.plan import Mode
from tests.support.polling import eventually
from tests.support.steps import environment, services, step_input

SPEC = specs()["notify"]
STEP = step_input("notify", {"url": "http://x"})
Behaviour = Callable[[Any, StepContext], Awaitable[Outcome]]


@pytest.fixture(scope="module")
async def given() -> AsyncIterator[Services]:
    async with services() as all_services:
        yield all_services


def activity_of(given: Services, behaviour: Behaviour, emitter: registry.Emitter = silent_emitter) -> Any:
    return registry._step_activity(SPEC, behaviour, given, emitter)


async def run(given: Services, behaviour: Behaviour, env: ActivityEnvironment | None = None) -> StepResult:
    result: StepResult = await (env or environment()).run(activity_of(given, behaviour), STEP)
    return result


async def failure(given: Services, behaviour: Behaviour, env: ActivityEnvironment | None = None) -> ErrorInfo:
    with pytest.raises(ApplicationError) as caught:
        await run(given, behaviour, env)
    return ErrorInfo.model_validate(caught.value.details[0])


def gives(outcome: Outcome) -> Behaviour:
    async def behaviour(config: Any, context: StepContext) -> Outcome:
        return outcome

    return behaviour


def fails(error: Exception) -> Behaviour:
    async def behaviour(config: Any, context: StepContext) -> Outcome:
        raise error

    return behaviour


def test_every_action_kind_has_an_activity_of_its_name(given: Services) -> None:
    names = {activity.__temporal_activity_definition.name for activity in step_activities(given)}  # type: ignore[attr-defined]
    actions = {kind for kind, spec in specs().items() if spec.mode in (Mode.LOCAL, Mode.REMOTE)}
    assert names == set(behaviours()) == actions


async def test_a_result_carries_everything_of_the_outcome(given: Services) -> None:
    outcome = Outcome({"a": 1}, port="x", cost_usd=0.5, tokens_in=1, tokens_out=2, details={"model": "m\x00"})
    assert await run(given, gives(outcome)) == StepResult(
        workspace_id="w",
        output={"a": 1},
        port="x",
        cost_usd=0.5,
        tokens_in=1,
        tokens_out=2,
        details={"model": "m\ufffd"},
    )


async def test_a_behaviour_sees_its_attempt(given: Services) -> None:
    seen: list[StepContext] = []

    async def behaviour(config: Any, context: StepContext) -> Outcome:
        seen.append(context)
        return Outcome()

    await run(given, behaviour, environment(attempt=3, seconds=10))
    [context] = seen
    assert (context.step, context.attempt) == (STEP, 3)
    assert context.timeout == pytest.approx(9.8)
    assert context.scheduled_at.year == 1970


async def test_errors_keep_their_code(given: Services) -> None:
    info = await failure(given, fails(PerdureError(ErrorCode.RATE_LIMITED, "Busy.")))
    assert (info.code, info.message) == (ErrorCode.RATE_LIMITED, "Busy.")


async def test_an_unexpected_error_is_logged_and_tells_nothing(given: Services) -> None:
    with capture_logs() as logs, pytest.raises(ApplicationError) as caught:
        await run(given, fails(RuntimeError("password=hunter2")))
    assert caught.value.type == "internal"
    assert "hunter2" not in repr(caught.value) + str(caught.value.details)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert logs[0]["error_type"] == "RuntimeError"


@pytest.mark.parametrize("output", ["x" * 2 * 1024 * 1024, list(range(400_000)), {"a": {"b": "y" * 1_048_576}}])
async def test_results_of_megabytes_fail_once_and_for_all(given: Services, output: Any) -> None:
    info = await failure(given, gives(Outcome(output)))
    assert info.code is ErrorCode.RESULT_TOO_LARGE
    assert not info.reaction.retryable


async def test_an_attempt_ends_before_temporal_ends_it(given: Services) -> None:
    async def slow(config: Any, context: StepContext) -> Outcome:
        await asyncio.sleep(30)
        return Outcome()

    info = await failure(given, slow, environment(seconds=0.2))
    assert info.code is ErrorCode.TIMEOUT


async def test_a_timeout_inside_the_behaviour_is_not_taken_for_ours(given: Services) -> None:
    assert (await failure(given, fails(TimeoutError("inner")))).code is ErrorCode.INTERNAL


async def test_heartbeats_go_on_while_the_step_runs_and_then_stop(given: Services) -> None:
    beats = 0
    enough = asyncio.Event()

    def count(*details: Any) -> None:
        nonlocal beats
        beats += 1
        if beats == 4:
            enough.set()

    async def slow(config: Any, context: StepContext) -> Outcome:
        await asyncio.wait_for(enough.wait(), 10)
        return Outcome()

    env = environment(heartbeat=0.06)
    env.on_heartbeat = count
    before = asyncio.all_tasks()
    await run(given, slow, env)
    assert asyncio.all_tasks() == before, "what beats"


async def test_cancellation_reaches_the_behaviour_and_passes_on(given: Services) -> None:
    started, cleaned = asyncio.Event(), asyncio.Event()

    async def slow(config: Any, context: StepContext) -> Outcome:
        started.set()
        try:
            await asyncio.sleep(30)
        finally:
            cleaned.set()
        return Outcome()

    env = environment(heartbeat=0.1)
    running = asyncio.create_task(run(given, slow, env))
    await started.wait()
    env.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert cleaned.is_set()


async def test_streamed_text_is_flushed_before_the_step_ends(given: Services) -> None:
    told: list[str] = []

    @asynccontextmanager
    async def emitter(step: StepInput, attempt: int) -> AsyncIterator[registry.EmitText]:
        async def emit(text: str) -> None:
            told.append(text)

        yield emit
        told.append("flushed")

    async def talks(config: Any, context: StepContext) -> Outcome:
        await context.emit_text("hello")
        return Outcome()

    await environment().run(activity_of(given, talks, emitter), STEP)
    assert told == ["hello", "flushed"]


def test_wrong_settings_are_told_in_a_sentence_without_their_values() -> None:
    with pytest.raises(PerdureError) as caught:
        validated_config(SPEC, {"url": {"password": "hunter2"}, "typo": "hunter2", "type": ""})
    assert caught.value.code is ErrorCode.INVALID_CONFIG
    assert caught.value.info.details["fields"] == ["url", "type", "typo"]
    message = caught.value.info.message
    assert message.startswith("The settings of this notify step are not valid: `url`: input should be a valid string;")
    assert message.endswith(".")
    assert "hunter2" not in message


def test_many_faults_are_counted_not_listed() -> None:
    with pytest.raises(PerdureError, match="and 16 more") as caught:
        validated_config(SPEC, {f"typo{n}": 1 for n in range(20)})
    assert len(caught.value.info.message) < 1_000


@workflow.defn(name="one_step")
class OneStep:
    """Runs one step as the interpreter does."""

    @workflow.run
    async def run(self, step: StepInput) -> StepResult:
        return await workflow.execute_activity(
            step.kind,
            step,
            result_type=StepResult,
            start_to_close_timeout=timedelta(seconds=20 + LOG_SECONDS),
            heartbeat_timeout=timedelta(seconds=1),
            retry_policy=RetryPolicy(maximum_attempts=3, initial_interval=timedelta(milliseconds=20)),
        )


class Steps:
    """Runs behaviours as activities of a workflow on a real server, on a queue of its own."""

    def __init__(self, temporal: Client, given: Services) -> None:
        self.queue = f"steps-{uuid4()}"
        self._temporal = temporal
        self._given = given

    def worker(self, behaviour: Behaviour) -> Worker:
        return Worker(
            self._temporal,
            task_queue=self.queue,
            workflows=[OneStep],
            activities=[activity_of(self._given, behaviour)],
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_heartbeat_throttle_interval=timedelta(milliseconds=200),
        )

    async def start(self) -> Any:
        return await self._temporal.start_workflow(OneStep.run, STEP, id=self.queue, task_queue=self.queue)

    async def run(self, behaviour: Behaviour) -> StepResult:
        async with self.worker(behaviour):
            result: StepResult = await (await self.start()).result()
            return result


@pytest.fixture
def steps(temporal: Client, given: Services) -> Steps:
    return Steps(temporal, given)


async def test_a_transient_error_is_attempted_again(steps: Steps) -> None:
    attempts: list[int] = []

    async def second_time_lucky(config: Any, context: StepContext) -> Outcome:
        attempts.append(context.attempt)
        if context.attempt == 1:
            raise PerdureError(ErrorCode.RATE_LIMITED, "Busy.", retry_after=0.05)
        return Outcome("done")

    assert (await steps.run(second_time_lucky)).output == "done"
    assert attempts == [1, 2]


async def test_a_lasting_error_is_not_and_arrives_whole(steps: Steps) -> None:
    attempts: list[int] = []

    async def wrong(config: Any, context: StepContext) -> Outcome:
        attempts.append(context.attempt)
        raise PerdureError(ErrorCode.UPSTREAM_REFUSED, "No.", details={"status": 404})

    with pytest.raises(WorkflowFailureError) as caught:
        await steps.run(wrong)
    assert attempts == [1]
    activity_error = caught.value.cause
    assert isinstance(activity_error, ActivityError)
    cause = activity_error.cause
    assert isinstance(cause, ApplicationError)
    assert (cause.type, cause.message, cause.cause) == ("upstream_refused", "No.", None)
    info = ErrorInfo.model_validate(cause.details[0])
    assert info.details == {"status": 404}


async def test_heartbeats_keep_a_quiet_step_alive(steps: Steps) -> None:
    heard = asyncio.Event()

    async def quiet(config: Any, context: StepContext) -> Outcome:
        await heard.wait()
        return Outcome(context.attempt)

    async def outlived() -> bool:
        """Whether the server has heard of it for longer than it stands silence."""
        pending = (await handle.describe()).raw_description.pending_activities
        return any(one.last_heartbeat_time.seconds - one.last_started_time.seconds > 1 for one in pending)

    async with steps.worker(quiet):
        handle = await steps.start()
        await eventually(outlived)
        heard.set()
        assert (await handle.result()).output == 1


async def test_cancelling_the_workflow_stops_the_step_and_what_it_waits_for(steps: Steps) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def endless(config: Any, context: StepContext) -> Outcome:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        return Outcome()

    async with steps.worker(endless):
        handle = await steps.start()
        await asyncio.wait_for(started.wait(), 20)
        await handle.cancel()
        await asyncio.wait_for(stopped.wait(), 5)
        with pytest.raises(WorkflowFailureError):
            await handle.result()


async def test_a_worker_that_stops_hands_its_step_to_another(steps: Steps) -> None:
    started = asyncio.Event()

    async def first(config: Any, context: StepContext) -> Outcome:
        started.set()
        await asyncio.Event().wait()
        return Outcome()

    async def second(config: Any, context: StepContext) -> Outcome:
        return Outcome(context.attempt)

    async with steps.worker(first):
        handle = await steps.start()
        await asyncio.wait_for(started.wait(), 20)
    async with steps.worker(second):
        result: StepResult = await asyncio.wait_for(handle.result(), 20)
    assert result.output == 2
