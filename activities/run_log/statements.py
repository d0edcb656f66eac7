"""Calls the functions of the run log: one round trip each, on a bare connection."""

import asyncio
import time
from typing import Any, Final

from activities.run_log.batches import BatchedFunction
from db.faults import is_outage, translate, unavailable
from db.json_text import from_json, to_json
from db.metrics import SECONDS
from db.session import Database
from schemas.errors import ErrorCode
from schemas.messages import StepEntry

PASSING: Final = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.NOT_FOUND})
"""What may be gone a moment later."""

RUN_LOG: Final = "run_log"
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 1.0


class Statements:
    """The run log's functions in the database; retries while the database is away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def batched(self, name: str, *types: str) -> BatchedFunction:
        """A function whose calls are sent together when there are many; its second argument is the id of a run."""
        return BatchedFunction(name, types, self._column)

    async def call(self, statement: str | BatchedFunction, *arguments: Any, patience: float = 0.0) -> Any:
        """Run one statement.

        Args:
            statement: SQL that returns one value, in a transaction of its own; or a batched function.
            arguments: Its arguments.
            patience: Seconds for which an outage of the database is waited out; and for which the row of the run may
                be missing, because a child run writes its row beside its first step.

        Raises:
            PerdureError: `unavailable`, `not_found`, `cancelled` if the run has ended, `invalid_text`.
        """
        give_up = time.monotonic() + patience
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._once(statement, arguments)
            except Exception as error:
                known = unavailable() if is_outage(error) else translate(error)
                if known is None:
                    raise
                if known.code not in PASSING or time.monotonic() + pause > give_up:
                    raise known from error
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def _once(self, statement: str | BatchedFunction, arguments: tuple[Any, ...]) -> Any:
        if isinstance(statement, BatchedFunction):
            return await statement.call(*arguments)
        return (await self._column(statement, *arguments))[0]

    async def _column(self, statement: str, *arguments: Any) -> list[Any]:
        pool = await self._database.run_log_pool()
        async with pool.acquire() as connection:
            with SECONDS.labels(RUN_LOG).time():
                rows = await connection.fetch(statement, *arguments)
            return [row[0] for row in rows]


def json_or_null(value: Any) -> str | None:
    """The value as an argument of type jsonb."""
    return None if value is None else to_json(value)


def entries_or_null(entries: tuple[StepEntry, ...]) -> str | None:
    """Step entries as an argument of type jsonb."""
    return to_json([entry.model_dump(mode="json") for entry in entries]) if entries else None


def json_or_none(text: str | None) -> Any:
    """A jsonb result."""
    return None if text is None else from_json(text)
