"""Token buckets: each holds so many tokens and is filled up again within a minute; a request takes one."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

WINDOW: Final = 60.0
"""Seconds in which an empty bucket becomes full."""

MAX_BUCKETS: Final = 50_000
"""Buckets kept in memory; the one used longest ago goes first, and is nearly always full by then."""


@dataclass(frozen=True)
class Taken:
    """What became of taking a token."""

    allowed: bool
    remaining: int
    full_in: float
    """Seconds until the bucket is full."""
    next_in: float
    """Seconds until there is a token; 0 if there is one."""


class Buckets:
    """Buckets of one size, by key.

    Args:
        size: Tokens in a full bucket.
        now: A clock that never goes back.
    """

    def __init__(self, size: int, now: Callable[[], float] = time.monotonic) -> None:
        self.size = size
        self._now = now
        self._pace = WINDOW / size
        self._full_at: OrderedDict[object, float] = OrderedDict()
        """When each bucket will be full; that alone says how many tokens it has now."""

    def take(self, key: object) -> Taken:
        """Take a token from the bucket of a key, if it has one."""
        now = self._now()
        full_in = max(0.0, self._full_at.get(key, now) - now)
        allowed = full_in + self._pace <= WINDOW * (1 + 1e-9)
        if allowed:
            full_in += self._pace
            self._remember(key, now + full_in)
        next_in = max(0.0, full_in + self._pace - WINDOW)
        return Taken(allowed, max(0, int((WINDOW - full_in) / self._pace + 1e-6)), full_in, next_in)

    def _remember(self, key: object, full_at: float) -> None:
        self._full_at[key] = full_at
        self._full_at.move_to_end(key)
        if len(self._full_at) > MAX_BUCKETS:
            self._full_at.popitem(last=False)
