"""What a worker logs about activities: every line with run, step and attempt, one line for each attempt that fails."""

import logging
from typing import Any

import structlog
from temporalio import activity, workflow
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

_FIELDS = ("run_id", "workspace_id", "path", "iteration", "kind")

logger = logging.getLogger(__name__)


def tame_sdk_loggers() -> None:
    """Keep the SDK's loggers from saying things twice.

    Facts are fields of a line, not a dictionary behind its message; failed attempts are told here, where run and step
    are known, and not once more with a traceback of the SDK's own functions.
    """
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False
    activity.logger.base_logger.addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    return getattr(record, "__temporal_error_identifier", None) != "ActivityFailure"


class LogContextInterceptor(Interceptor):
    """Interceptor of a worker; the outermost, so that the lines of the others are bound too."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:  # noqa: A002
        """See base class."""
        return _BindLogContext(next)


class _BindLogContext(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:  # noqa: A002
        """See base class."""
        info = activity.info()
        bound = {"activity": info.activity_type, "attempt": info.attempt, "workflow_id": info.workflow_id}
        if input.args:
            message = input.args[0]
            bound |= {name: value for name in _FIELDS if (value := getattr(message, name, None)) is not None}
        with structlog.contextvars.bound_contextvars(**bound):
            try:
                return await super().execute_activity(input)
            except Exception as error:
                _tell(error)
                raise


def _tell(error: Exception) -> None:
    """One line for a failed attempt; what nobody meant to raise was logged with its traceback where it was caught."""
    known = isinstance(error, ApplicationError)
    code = error.type if isinstance(error, ApplicationError) else type(error).__name__
    logger.warning("attempt failed: %s", error, exc_info=None if known else error, extra={"code": code})
