"""Parameters that several routes of runs take."""

import re
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Path

from api.requests import parse_id
from api.runs.waiting import LONGEST_WAIT


async def _run_id(run_id: Annotated[str, Path(max_length=100, description="Id of the run.")]) -> UUID:
    return parse_id("run", run_id)


RunId = Annotated[UUID, Depends(_run_id)]
Accept = Annotated[str, Header(max_length=1_000, description="`text/event-stream` for a live stream.")]
Prefer = Annotated[
    str | None,
    Header(
        max_length=100, description="`wait=30`: answer when the run has ended, after 30 s at the latest (up to 60)."
    ),
]


def wants_stream(accept: str) -> bool:
    """Whether the caller wants events as they happen."""
    return "text/event-stream" in accept


def wait_of(prefer: str | None) -> float:
    """Seconds for which the caller wants to wait."""
    found = re.search(r"(?:^|[;,\s])wait=(\d{1,6})", prefer or "")
    return min(float(found[1]), LONGEST_WAIT) if found is not None else 0.0
