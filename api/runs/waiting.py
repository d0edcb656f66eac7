"""Waiting for the end of a run within one request."""

import asyncio
import contextlib
from typing import Final
from uuid import UUID

from api.runs import reading
from api.runs.models import Run
from api.services import Services

LONGEST_WAIT: Final = 60.0
"""Seconds that a request may wait."""


async def wait_for_end(services: Services, workspace_id: UUID, run_id: UUID, seconds: float) -> Run | None:
    """The run when it has ended; nothing if it has not in time."""
    with contextlib.suppress(TimeoutError):
        async with (
            asyncio.timeout(seconds),
            contextlib.aclosing(services.events.follow(workspace_id, run_id)) as events,
        ):
            async for _ in events:
                pass
    async with services.database.tenant(workspace_id) as session:
        run = await reading.get_run(session, run_id)
    return run if run.status.ended else None
