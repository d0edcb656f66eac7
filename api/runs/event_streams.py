"""The events of a run as server-sent events. Closing a stream changes nothing for the run."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Final
from uuid import UUID

from sse_starlette import EventSourceResponse, ServerSentEvent

from api.runs.models import RunAccepted
from api.services import Services
from schemas.run_events import RunEvent

HEARTBEAT: Final = 10
"""Seconds between comments on a quiet stream, so that both sides notice a dead connection."""

ACCEPTED_EVENT: Final = "run"
"""Name of the event with which the stream of a start begins; all others have none."""


def stream_events(services: Services, workspace_id: UUID, run_id: UUID, after: int) -> EventSourceResponse:
    """All events after a number, until the run has ended."""
    return EventSourceResponse(_events(services, workspace_id, run_id, after), ping=HEARTBEAT)


def stream_run(
    services: Services, workspace_id: UUID, run: RunAccepted, headers: Mapping[str, str]
) -> EventSourceResponse:
    """The run that was just accepted, then all that happens to it."""

    async def events() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent(data=run.model_dump_json(), event=ACCEPTED_EVENT)
        async for event in _events(services, workspace_id, run.id, 0):
            yield event

    return EventSourceResponse(events(), headers=headers, ping=HEARTBEAT)


async def _events(services: Services, workspace_id: UUID, run_id: UUID, after: int) -> AsyncIterator[ServerSentEvent]:
    async with contextlib.aclosing(services.events.follow(workspace_id, run_id, after)) as events:
        async for event in events:
            yield _sse(event)


def _sse(event: RunEvent) -> ServerSentEvent:
    return ServerSentEvent(data=event.model_dump_json(), id=str(event.seq))
