"""Around every step: its start and end in the run log, and the recorded result instead of doing it twice."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from activities.run_log.log import RunLog
from activities.run_log.statements import PASSING
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import StepInput, StepResult

START_PATIENCE: Final = 20.0
"""Seconds for which the start of a step waits for the database, so that a restart of it costs no attempt."""

ResultT = TypeVar("ResultT")

_RESERVE: Final = 0.3
"""Seconds of an attempt that are kept for saying how it ended."""


class RunLogInterceptor(Interceptor):
    """Logs every activity whose argument is a `StepInput`."""

    def __init__(self, log: RunLog) -> None:
        self._log = log

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """See base class."""
        return _StepLogger(next, self._log)


class _StepLogger(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, log: RunLog) -> None:  # noqa: A002
        super().__init__(next)
        self._log = log

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """See base class."""
        if not (input.args and isinstance(input.args[0], StepInput)):
            return await super().execute_activity(input)
        step, attempt, deadline = input.args[0], activity.info().attempt, _deadline()
        recorded = await self._start(step, attempt, deadline)
        if recorded is not None:
            return recorded
        try:
            result = await super().execute_activity(input)
        except Exception as error:
            await self._fail(step, attempt, error)
            raise
        return await self._complete(step, attempt, result, deadline)

    async def _start(self, step: StepInput, attempt: int, deadline: float) -> StepResult | None:
        patience = min(START_PATIENCE, (deadline - time.monotonic()) / 2)
        return await _patiently(lambda seconds: self._log.step_started(step, attempt, patience=seconds), patience)

    async def _complete(self, step: StepInput, attempt: int, result: StepResult, deadline: float) -> StepResult:
        """Records the result. It has been paid for, so neither an outage nor a cancellation may lose it lightly."""
        patience = deadline - time.monotonic()
        recording = asyncio.create_task(
            _patiently(lambda seconds: self._log.step_completed(step, attempt, result, patience=seconds), patience)
        )
        try:
            return await asyncio.shield(recording)
        except asyncio.CancelledError:
            return await recording

    async def _fail(self, step: StepInput, attempt: int, error: Exception) -> None:
        """Notes a failure after which Temporal tries again; one that stands is told by the workflow."""
        failure = to_application_error(error)
        if failure.non_retryable or _is_last(attempt):
            return
        try:
            await self._log.step_retrying(step, attempt, _info(failure))
        except Exception as problem:
            activity.logger.warning("a failed attempt was not logged: %s", type(problem).__name__)


async def _patiently(write: Callable[[float], Awaitable[ResultT]], patience: float) -> ResultT:
    """Writes to the log; if that cannot succeed yet, tries for `patience` seconds and keeps the attempt alive."""
    try:
        try:
            return await write(0.0)
        except PerdureError as error:
            if error.code not in PASSING:
                raise
        async with heartbeats():
            return await write(patience)
    except Exception as error:
        raise to_application_error(error) from None


def _deadline() -> float:
    """When the attempt must have ended, on the monotonic clock."""
    allowed = activity.info().start_to_close_timeout
    return time.monotonic() + (allowed.total_seconds() if allowed else 60.0) - _RESERVE


def _is_last(attempt: int) -> bool:
    policy = activity.info().retry_policy
    return policy is not None and 0 < policy.maximum_attempts <= attempt


def _info(failure: ApplicationError) -> ErrorInfo:
    detail = failure.details[0] if failure.details else None
    if isinstance(detail, dict):
        return ErrorInfo.model_validate(detail)
    return PerdureError(ErrorCode.INTERNAL, failure.message or "The step failed.").info
