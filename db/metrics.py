"""How long the database takes, and people, for Prometheus. Nothing here is labelled by workspace or statement."""

import time
from typing import Any, Final

from prometheus_client import Histogram
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

SECONDS: Final = Histogram(
    "perdure_database_seconds",
    "Time of one statement, from the asking to the answer.",
    ["role"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
)
APPROVAL_SECONDS: Final = Histogram(
    "perdure_approval_seconds",
    "Time from a request to its end: decided, expired, cancelled.",
    ["status"],
    buckets=(10, 60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200, 604_800, 2_592_000),
)
_OWNER: Final = "owner"
_BEGAN: Final = "perdure_began"


def measure_statements(engine: AsyncEngine, role: str | None) -> None:
    """Measure every statement of an engine."""
    seconds = SECONDS.labels(role or _OWNER)

    def begins(connection: Any, *_: Any) -> None:
        connection.info[_BEGAN] = time.perf_counter()

    def ends(connection: Any, *_: Any) -> None:
        seconds.observe(time.perf_counter() - connection.info.pop(_BEGAN, time.perf_counter()))

    event.listen(engine.sync_engine, "before_cursor_execute", begins)
    event.listen(engine.sync_engine, "after_cursor_execute", ends)
