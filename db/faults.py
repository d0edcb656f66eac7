"""What errors of the database mean: typed errors of ours, an outage that will pass, or a bug."""

from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError

from db.budgets import BUDGET_EXHAUSTED, budget_exhausted
from db.json_text import invalid_text
from db.quotas import QUOTA_EXCEEDED, quota_exceeded
from schemas.errors import ErrorCode, PerdureError

BAD_TEXT: Final = frozenset({"22021", "22P05"})
"""SQLSTATE of a NUL or of half a surrogate pair."""

NO_SUCH_RUN: Final = "PD404"
RUN_ENDED: Final = "PD409"
START_UNKNOWN: Final = "PD410"

_OUTAGE: Final = ("08", "57P", "53", "40")
"""Beginnings of SQLSTATE: connection lost, server stopping or starting, out of resources, deadlock."""


def translate(error: BaseException) -> PerdureError | None:
    """Our own error for an error of the database that is nobody's bug; None for any other."""
    state = _sqlstate(error)
    if state in BAD_TEXT or _could_not_be_encoded(error):
        return invalid_text()
    if state == NO_SUCH_RUN:
        return PerdureError(ErrorCode.NOT_FOUND, "There is no such run.")
    if state == RUN_ENDED:
        return PerdureError(ErrorCode.CANCELLED, "The run has ended, or a later attempt of it has begun.")
    if state == QUOTA_EXCEEDED:
        return quota_exceeded(_detail(error))
    if state == BUDGET_EXHAUSTED:
        return budget_exhausted(_detail(error))
    return None


def is_outage(error: BaseException) -> bool:
    """Whether the database could not be reached or had no room, so that the same may succeed later."""
    if isinstance(error, OSError | TimeoutError | asyncpg.InterfaceError | InterfaceError):
        return True
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return (_sqlstate(error) or "").startswith(_OUTAGE)


def unavailable() -> PerdureError:
    """The error for an outage."""
    return PerdureError(ErrorCode.UNAVAILABLE, "The database cannot be reached at the moment.", retry_after=1.0)


def run_is_missing(error: BaseException) -> bool:
    """Whether the workspace has no such run."""
    return _sqlstate(error) == NO_SUCH_RUN


def start_is_unknown(error: BaseException) -> bool:
    """Whether the database has forgotten, in a crash, that the step was started."""
    return _sqlstate(error) == START_UNKNOWN


def _could_not_be_encoded(error: BaseException) -> bool:
    """Whether half a surrogate pair was refused by the driver itself; several layers wrap its error."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, UnicodeEncodeError):
        cause = cause.__cause__
    return cause is not None


def _detail(error: BaseException) -> str:
    """The detail of an error of the database; SQLAlchemy keeps the driver's own error behind two of its own."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, asyncpg.PostgresError):
        cause = getattr(cause, "orig", None) or cause.__cause__
    return str(getattr(cause, "detail", ""))


def _sqlstate(error: BaseException) -> str | None:
    return getattr(getattr(error, "orig", error), "sqlstate", None)
