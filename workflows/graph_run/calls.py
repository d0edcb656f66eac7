"""How the interpreter calls activities, and what their failures mean."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from temporalio import exceptions, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, TimeoutType, is_cancelled_exception

from schemas.errors import MAX_MESSAGE_CHARS, ErrorCode, ErrorInfo, PerdureError
from schemas.limits import LOG_SECONDS
from schemas.messages import StepInput, StepResult
from schemas.nodes import specs
from schemas.plan import Mode, PlanNode
from schemas.unknown_outcomes import FindCall, FoundCall, Lost, UnansweredCall, outcome_unknown

ResultT = TypeVar("ResultT", bound=BaseModel)

SERVICE_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=5))
"""The interpreter's own services are tried until they succeed: the database will be back."""


OUTAGE_SECONDS = 5.0
"""Pause before a step is scheduled again that could not reach our own database."""
MAX_OUTAGE_SECONDS = 60.0
"""The same after many times."""

MAX_TURN_SECONDS = 300.0
"""Longest time after which a step looks anew whether it is its turn."""

_MAY_SEND = frozenset(kind for kind, spec in specs().items() if spec.repeatable is not True)
"""Kinds of which a silent worker may have sent what must not be sent twice."""


class StepFailure(Exception):  # noqa: N818 - named for what it tells the walker
    """A step has failed for good.

    Args:
        info: Why.
        attempts: How often it was attempted, if that is known.
    """

    def __init__(self, info: ErrorInfo, attempts: int | None = None) -> None:
        super().__init__(info.message)
        self.info = info
        self.attempts = attempts


async def call_service(name: str, message: BaseModel, result: type[ResultT]) -> ResultT:
    """Runs an activity that serves the interpreter itself."""
    answer: ResultT = await workflow.execute_local_activity(
        name,
        message,
        result_type=result,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=SERVICE_RETRY,
        local_retry_threshold=timedelta(seconds=10),
    )
    return answer


async def tell_service(name: str, message: BaseModel) -> None:
    """Runs such an activity that has no result."""
    await workflow.execute_local_activity(
        name,
        message,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=SERVICE_RETRY,
        local_retry_threshold=timedelta(seconds=10),
    )


Rest = Callable[[float], Awaitable[None]]
"""Lets so many seconds pass before a step is scheduled again."""


async def call_step(node: PlanNode, step: StepInput, rest: Rest = asyncio.sleep) -> StepResult:
    """Runs the activity of an action node.

    An attempt that failed only because our own database was away, or because it was not its turn to ask a provider,
    does not count: the step is scheduled again, less and less often, so that many who wait do not crowd each other out.

    Raises:
        StepFailure: when all attempts have failed.
        asyncio.CancelledError: when the run no longer wants the step.
        Halt: if `rest` says that the run moves to a fresh history.
    """
    repeat = 0
    while True:
        try:
            return await (_call_local(node, step) if node.mode is Mode.LOCAL else _call_remote(node, step))
        except FailureError as error:  # an ActivityError; of a local step its cause, bare
            if is_cancelled_exception(error):
                raise
            info = error_info(error)
            pause = _pause(info, repeat)
            if pause is None:
                silent = isinstance(_cause(error), exceptions.TimeoutError) and node.kind in _MAY_SEND
                unknown = await _unanswered(step) if silent else None
                raise StepFailure(unknown or info, _attempts(node, error)) from error
        await rest(pause)
        repeat += 1


def _pause(error: ErrorInfo, repeat: int) -> float | None:
    """Seconds after which a step is scheduled again that has not really failed; None if it has."""
    more: float = 2 ** min(repeat, 20)
    if error.code is ErrorCode.UNAVAILABLE:
        return min(OUTAGE_SECONDS * more, MAX_OUTAGE_SECONDS)
    if error.code is not ErrorCode.THROTTLED:
        return None
    wait = error.details.get("retry_after")
    turn = max(float(wait), 0.05) if isinstance(wait, int | float) else OUTAGE_SECONDS
    return min(turn * more, MAX_TURN_SECONDS)


async def _unanswered(step: StepInput) -> ErrorInfo | None:
    """The error of a step whose worker went silent after it had sent what must not be sent twice."""
    asked = FindCall(
        workspace_id=step.workspace_id,
        run_id=step.run_id,
        run_attempt=step.run_attempt,
        path=step.path,
        iteration=step.iteration,
    )
    call = (await call_service("find_call", asked, FoundCall)).call
    return None if call is None else outcome_unknown(UnansweredCall(call=call, lost=Lost.WORKER)).info


def _cause(error: BaseException) -> BaseException:
    return error.cause if isinstance(error, ActivityError) and error.cause is not None else error


def _attempts(node: PlanNode, error: FailureError) -> int | None:
    """How often a step was attempted: its last attempt says so, unless nobody heard of it again."""
    cause = _cause(error)
    if isinstance(cause, exceptions.TimeoutError):
        return node.retry.max_attempts
    told = cause.details[1] if isinstance(cause, ApplicationError) and len(cause.details) > 1 else None
    number = told.get("attempt") if isinstance(told, Mapping) else None
    return number if isinstance(number, int) else None


async def _call_local(node: PlanNode, step: StepInput) -> StepResult:
    result: StepResult = await workflow.execute_local_activity(
        node.kind,
        step,
        result_type=StepResult,
        start_to_close_timeout=timedelta(seconds=node.timeout + LOG_SECONDS),
        retry_policy=_retry_policy(node),
        local_retry_threshold=timedelta(seconds=10),
        summary=node.name,
    )
    return result


async def _call_remote(node: PlanNode, step: StepInput) -> StepResult:
    result: StepResult = await workflow.execute_activity(
        node.kind,
        step,
        result_type=StepResult,
        task_queue=node.queue,
        start_to_close_timeout=timedelta(seconds=node.timeout + LOG_SECONDS),
        heartbeat_timeout=timedelta(seconds=node.heartbeat) if node.heartbeat else None,
        retry_policy=_retry_policy(node),
        # The step is asked to stop and says how it ended, so a side effect that did happen is known.
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        summary=node.name,
    )
    return result


def _retry_policy(node: PlanNode) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=timedelta(seconds=node.retry.initial),
        backoff_coefficient=node.retry.backoff,
        maximum_interval=timedelta(seconds=max(node.retry.max_interval, node.retry.initial)),
        maximum_attempts=node.retry.max_attempts,
    )


def error_info(error: BaseException) -> ErrorInfo:
    """What an exception means, whatever layer it came from."""
    if isinstance(error, StepFailure | PerdureError):
        return error.info
    if isinstance(error, ActivityError) and error.cause is not None:
        return error_info(error.cause)
    if isinstance(error, ApplicationError):
        return _from_application(error)
    if isinstance(error, exceptions.TimeoutError):
        return _from_timeout(error)
    if isinstance(error, ValidationError):
        return _from_validation(error)
    return ErrorInfo(code=ErrorCode.INTERNAL, message=f"An unexpected {type(error).__name__} stopped the step.")


def _from_application(error: ApplicationError) -> ErrorInfo:
    detail = error.details[0] if error.details else None
    if isinstance(detail, Mapping):
        try:
            return ErrorInfo.model_validate(detail)
        except ValidationError:
            pass
    code = ErrorCode(error.type) if error.type in set(ErrorCode) else ErrorCode.INTERNAL
    return ErrorInfo(code=code, message=(error.message or "The step failed.")[:MAX_MESSAGE_CHARS])


def _from_timeout(error: exceptions.TimeoutError) -> ErrorInfo:
    lost = error.type is TimeoutType.HEARTBEAT
    message = (
        "The worker that ran the step stopped answering."
        if lost
        else "The step did not finish within its timeout; raise `timeout` or make the step smaller."
    )
    return ErrorInfo(code=ErrorCode.TIMEOUT, message=message)


def _from_validation(error: ValidationError) -> ErrorInfo:
    problems = [f"{'.'.join(map(str, e['loc'])) or 'config'}: {e['msg']}" for e in error.errors(include_url=False)]
    return ErrorInfo(
        code=ErrorCode.INVALID_CONFIG,
        message=("The node's settings are not valid: " + "; ".join(problems))[:MAX_MESSAGE_CHARS],
    )
