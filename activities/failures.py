"""The one mapping from our errors to what Temporal carries."""

from datetime import timedelta

import structlog
from temporalio.exceptions import ApplicationError

from activities.text import clean_output
from schemas.errors import ErrorCode, ErrorInfo, PerdureError

MAX_RETRY_AFTER = 24 * 3600.0
"""Seconds; whoever asks us to wait longer is asked again after a day."""

_log = structlog.get_logger(__name__)


def to_application_error(error: BaseException, attempt: int | None = None) -> ApplicationError:
    """The error as Temporal carries it: message, `ErrorInfo` as JSON, type = code, retry posture of its class.

    The number of the attempt, if it is given, is a second detail.

    An error that nobody meant to raise becomes `internal`. Only its type name leaves the process, because its text
    may hold anything; the log has the rest.
    """
    if isinstance(error, ApplicationError):
        return error
    if not isinstance(error, PerdureError):
        error = _unexpected(error)
    info = _storable(error.info)
    wait = error.retry_after
    return ApplicationError(
        info.message,
        info.model_dump(mode="json"),
        *([] if attempt is None else [{"attempt": attempt}]),
        type=info.code.value,
        non_retryable=not info.reaction.retryable,
        next_retry_delay=None if wait is None else timedelta(seconds=min(max(wait, 0.0), MAX_RETRY_AFTER)),
    )


def _unexpected(error: BaseException) -> PerdureError:
    _log.error("unexpected_error", error_type=type(error).__name__, exc_info=error)
    return PerdureError(
        ErrorCode.INTERNAL,
        f"Perdure itself failed here ({type(error).__name__}); the log of the worker says why.",
        details={"type": type(error).__name__},
    )


def _storable(info: ErrorInfo) -> ErrorInfo:
    """The same error with details that the run log can hold, or without any."""
    try:
        details = clean_output(info.details)
    except PerdureError:
        details = {}
    return info.model_copy(update={"details": details})
