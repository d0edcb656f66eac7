"""Masks personal data in the lines of logs: what is found by its form, and the fields that a workspace names."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Final

import structlog
from sqlalchemy import select
from structlog.types import EventDict, WrappedLogger

from db.session import Database
from db.tables import PrivacySettings
from schemas.masking import Mask
from schemas.private_data import MAX_TEXT_CHARS, Kind, masked, private_spots

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 30.0
CUT: Final = " [the rest is too long to be searched for personal data]"

_OWN: Final = frozenset(
    {"event", "level", "logger", "timestamp", "service", "exc_info", "stack_info", "exception", "workspace_id"}
)
"""Fields of ours, which tell nothing of anybody."""


class LogMasking:
    """What hides personal data in the logs of a process, but for workspaces that have switched that off.

    A line belongs to a workspace if it is bound to it, as a worker's lines about steps are.
    """

    def __init__(self) -> None:
        self._open: frozenset[str] = frozenset()
        self._named: Mapping[str, Mask] = {}

    def __call__(self, line: str) -> str:
        """The line without what looks like personal data."""
        if self._open and structlog.contextvars.get_contextvars().get("workspace_id") in self._open:
            return line
        part = line[:MAX_TEXT_CHARS]
        shown = masked(part, private_spots(part, Kind))
        return shown if len(line) <= MAX_TEXT_CHARS else shown + CUT

    def fields(self, _: WrappedLogger, __: str, event: EventDict) -> EventDict:
        """The line without the fields that its workspace has named; a processor of structlog."""
        mask = self._named.get(str(event.get("workspace_id"))) if self._named else None
        if mask is None:
            return event
        return {
            key: value if key in _OWN or key.startswith("_") else mask.value({key: value})[key]
            for key, value in event.items()
        }

    async def look(self, database: Database) -> None:
        """Find out which workspaces want their logs as they are, and which fields the others have named."""
        async with database.system() as session:
            rows = list(await session.scalars(select(PrivacySettings)))
        self._open = frozenset(str(row.workspace_id) for row in rows if not row.mask_logs)
        self._named = {
            str(row.workspace_id): Mask(frozenset(), tuple(row.fields)) for row in rows if row.mask_logs and row.fields
        }

    async def keep_looking(self, database: Database) -> None:
        """Do so again and again; survives outages of the database."""
        while True:
            try:
                await self.look(database)
            except Exception as error:
                logger.warning("log masking goes on as it is: %s", type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)
