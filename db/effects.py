"""What a transaction has caused, told to the process once it is committed: changed runs, written signals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

_KEY: Final = "perdure.effects"


@dataclass
class Effects:
    """Collected during a transaction."""

    runs: set[UUID] = field(default_factory=set)
    """Runs whose events or status changed."""
    signals: list[int] = field(default_factory=list)
    """Rows of the outbox that were written."""


Listener = Callable[[Effects], None]
"""Hears of a committed transaction; must not block and must not fail."""


def effects(session: AsyncSession) -> Effects:
    """The effects of the session's transaction so far."""
    found: Effects = session.info.setdefault(_KEY, Effects())
    return found
