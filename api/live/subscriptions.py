"""What one connection follows, and what waits to be sent to it."""

import asyncio
from collections.abc import Collection
from typing import Final
from uuid import UUID

from api.live.messages import Subscribe, SubscribeApprovals, SubscribeRun, SubscribeRuns
from api.live.news import Change

MAX_SUBSCRIPTIONS: Final = 100
MAX_WAITING: Final = 1_000
"""Things whose latest change waits to be sent. A client that lets more come together reads too slowly."""


class Subscriptions:
    """The subscriptions of a connection. Of each thing only the latest change waits, so what waits is bounded."""

    def __init__(self) -> None:
        self._wanted: dict[str, Subscribe] = {}
        self._waiting: dict[tuple[str, ...], Change] = {}
        self._told: dict[UUID, tuple[int, int]] = {}
        self.something = asyncio.Event()
        """Something waits, or too much does."""
        self.overflown = False

    def __len__(self) -> int:
        return len(self._wanted)

    @property
    def topics(self) -> dict[str, str]:
        """Topic of each subscription."""
        return {name: wanted.topic for name, wanted in self._wanted.items()}

    @property
    def wants_inbox(self) -> bool:
        """Whether changes of approvals are of interest."""
        return any(isinstance(wanted, SubscribeApprovals) for wanted in self._wanted.values())

    @property
    def wants_all_runs(self) -> bool:
        """Whether runs that nobody has named are of interest."""
        return any(not isinstance(wanted, SubscribeApprovals | SubscribeRun) for wanted in self._wanted.values())

    @property
    def named_runs(self) -> Collection[UUID]:
        """Runs that are followed one by one."""
        return {wanted.run_id for wanted in self._wanted.values() if isinstance(wanted, SubscribeRun)}

    def add(self, wanted: Subscribe) -> None:
        """Follow something; one with the same id takes the place of the other."""
        self._wanted[wanted.id] = wanted

    def remove(self, name: str) -> bool:
        """Follow it no longer; whether it was followed."""
        gone = self._wanted.pop(name, None)
        if isinstance(gone, SubscribeRun):
            self._told.pop(gone.run_id, None)
        return gone is not None

    def offer(self, change: Change) -> None:
        """Keep a change for sending if it is of interest."""
        if not change.to_all and not any(_matches(wanted, change) for wanted in self._wanted.values()):
            return
        if change.run_id is not None and change.run_id in self.named_runs:
            # The state that was read for a new subscription may be older than a change that was told meanwhile.
            if change.seq < self._told.get(change.run_id, (0, 0)):
                return
            self._told[change.run_id] = change.seq
        self._waiting[change.key] = change
        self.overflown = self.overflown or len(self._waiting) > MAX_WAITING
        self.something.set()

    def take(self) -> list[Change]:
        """What waits, the oldest first."""
        waiting, self._waiting = list(self._waiting.values()), {}
        self.something.clear()
        return waiting


def _matches(wanted: Subscribe, change: Change) -> bool:
    if isinstance(wanted, SubscribeApprovals):
        return change.of_inbox
    if change.run_id is None:
        return False
    if isinstance(wanted, SubscribeRun):
        return wanted.run_id == change.run_id
    return isinstance(wanted, SubscribeRuns) or wanted.workflow == change.workflow
