"""Around every step: its start and end in the run log, and the recorded result instead of doing it twice."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from activities.credentials.outcomes import redacted_failure, redacted_result
from activities.credentials.redactions import Redactions
from activities.failures import to_application_error
from activities.heartbeat import heartbeats
from activities.llm.budget import spent_of
from activities.run_log.log import RunLog
from activities.run_log.statements import PASSING
from schemas.errors import ErrorCode, ErrorInfo, PerdureError
from schemas.messages import StepInput, StepResult

START_PATIENCE: Final = 20.0
"""Seconds for which the start of a step waits for the database, so that a restart of it costs no attempt."""

ResultT = TypeVar("ResultT")

_RESERVE: Final = 1.0
"""Seconds of an attempt that are kept for saying how it ended, also on a machine that is slow to answer."""


class RunLogInterceptor(Interceptor):
    """Logs every activity whose argument is a `StepInput`."""

    def __init__(self, log: RunLog, redactions: Redactions | None = None) -> None:
        self._log = log
        self._redactions = redactions or Redactions()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """See base class."""
        return _StepLogger(next, self._log, self._redactions)


class _StepLogger(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, log: RunLog, redactions: Redactions) -> None:  # noqa: A002
        super().__init__(next)
        self._log = log
        self._redactions = redactions

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
            failure = redacted_failure(to_application_error(error), self._redactions.of(step.workspace_id))
            await self._fail(step, attempt, failure)
            # No cause: Temporal would store its text too.
            raise failure from None
        result = redacted_result(result, self._redactions.of(step.workspace_id))
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

    async def _fail(self, step: StepInput, attempt: int, failure: ApplicationError) -> None:
        """Notes what the attempt cost, and a failure after which Temporal tries again; the workflow tells the last."""
        try:
            info = _info(failure)
            if (spent := spent_of(info.details)) is not None:
                await self._log.step_spent(step, *spent)
            if not failure.non_retryable and not _is_last(attempt):
                await self._log.step_retrying(step, attempt, info, _pause(failure, attempt))
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


def _pause(failure: ApplicationError, attempt: int) -> float | None:
    """Seconds until Temporal tries again."""
    if failure.next_retry_delay is not None:
        return failure.next_retry_delay.total_seconds()
    policy = activity.info().retry_policy
    if policy is None:
        return None
    longest = policy.maximum_interval or 100 * policy.initial_interval
    grown = policy.initial_interval.total_seconds() * policy.backoff_coefficient ** min(attempt - 1, 100)
    return min(grown, longest.total_seconds())


def _info(failure: ApplicationError) -> ErrorInfo:
    detail = failure.details[0] if failure.details else None
    if isinstance(detail, dict):
        return ErrorInfo.model_validate(detail)
    return PerdureError(ErrorCode.INTERNAL, failure.message or "The step failed.").info
