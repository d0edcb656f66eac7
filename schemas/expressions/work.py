"""How much work the expressions of one node may do together, counted in a way that is the same at every replay.

A unit is about a nanosecond on the machine of docs/benchmarks.md. It is computed from sizes, never from a clock.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MAX_NODE_WORK: Final = 400_000_000
"""Temporal gives workflow code two seconds; beyond them a run would try the same task for ever."""

PLAIN_READ: Final = 1_500
EVALUATION: Final = 11_000
PER_BYTE: Final = 4
PER_ITEM: Final = 2_000


class Meter:
    """Work done so far."""

    def __init__(self) -> None:
        self.spent = 0


class _Current(threading.local):
    meter: Meter | None = None


_CURRENT = _Current()


@contextmanager
def metered() -> Iterator[Meter]:
    """Counts, and bounds, the work of all evaluations inside. Nothing inside may await."""
    before, meter = _CURRENT.meter, Meter()
    _CURRENT.meter = meter
    try:
        yield meter
    finally:
        _CURRENT.meter = before


def spend(units: int) -> None:
    """Adds work to the meter, if there is one.

    Raises:
        ValueError: if the node's expressions together do too much.
    """
    meter = _CURRENT.meter
    if meter is None:
        return
    meter.spent += units
    if meter.spent > MAX_NODE_WORK:
        raise ValueError("the expressions of this node together take too much work; use a code node for it")
