"""What is measured in the whole installation, for machines; a server that is away is left out."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from temporalio.client import Client

from api.system import repository
from api.system.models import Lags, QueueState
from api.system.servers import queue_states
from db.session import Database

logger = logging.getLogger(__name__)

_TIMEOUT: Final = 5.0
_Found = TypeVar("_Found")


@dataclass(frozen=True)
class Measured:
    """Nothing where a server does not answer."""

    waiting: tuple[Lags, Mapping[str, int], int] | None
    """Lags, unfinished runs by status, open approvals."""
    queues: list[QueueState] | None


async def measure(database: Database, temporal: Client) -> Measured:
    """Ask both servers at once."""
    waiting, queues = await asyncio.gather(_found(_read(database)), _found(queue_states(temporal)))
    return Measured(waiting=waiting, queues=queues)


async def _read(database: Database) -> tuple[Lags, Mapping[str, int], int]:
    async with database.system() as session:
        lags = await repository.read_lags(session)
        return lags, await repository.count_unfinished(session), await repository.count_pending_approvals(session)


async def _found(asking: Awaitable[_Found]) -> _Found | None:
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await asking
    except Exception as error:
        logger.warning("metrics are incomplete: %s", type(error).__name__)
        return None
