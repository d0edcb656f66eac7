"""Waits for a database that is away for a moment."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError

logger = logging.getLogger(__name__)

_RETRY_PAUSES: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0)
"""Seconds between tries; after the last the error reaches Temporal, which tries again."""

_T = TypeVar("_T")


async def through_outages(work: Callable[[], Awaitable[_T]]) -> _T:
    """Run `work` again while the database is away, for about eight seconds."""
    for pause in _RETRY_PAUSES:
        try:
            return await work()
        except (OSError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and not is_outage(error):
                raise
            logger.warning("waiting for the database: %s", type(error).__name__)
            await asyncio.sleep(pause)
    return await work()


def is_outage(error: DBAPIError) -> bool:
    """Whether the database is away, instead of refusing something."""
    # 08: connection exceptions, 53: too many connections, 57P: shutdown, start-up or crash of the server.
    state = str(getattr(error.orig, "sqlstate", "") or "")
    return error.connection_invalidated or state[:2] in ("08", "53") or state.startswith("57P")
