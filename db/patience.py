"""Statements that may take long, cut off in time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from schemas.errors import ErrorCode, PerdureError

_CUT_OFF: Final = "57014"
"""SQLSTATE of a statement that was cancelled."""

_SET: Final = text("SELECT set_config('statement_timeout', :milliseconds, true)")


@asynccontextmanager
async def within(session: AsyncSession, seconds: float, advice: str) -> AsyncIterator[None]:
    """Cut off each statement of the block, and of the rest of its transaction, after some time.

    Raises:
        PerdureError: `invalid_request` with the advice.
    """
    await session.execute(_SET, {"milliseconds": str(round(seconds * 1_000))})
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _CUT_OFF:
            raise
        raise PerdureError(ErrorCode.INVALID_REQUEST, advice) from error
