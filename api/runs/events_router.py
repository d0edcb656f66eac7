"""Route of a run's events: as a list, or as a live stream."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Header, Query, Response, status
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.errors import RequestError
from api.requests import router as feature_router
from api.runs import reading
from api.runs.models import EventPage
from api.runs.router import RunId
from api.services import CurrentServices, CurrentWorkspace, Services
from schemas.errors import ErrorCode
from schemas.messages import RunStatus
from schemas.run_events import RunEvent

router = feature_router("runs")

HEARTBEAT: Final = 10
"""Seconds between comments on a quiet stream, so that both sides notice a dead connection."""

_MAX_SEQ: Final = 2**63 - 1
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "A page of events; or with `Accept: text/event-stream` all of them as they happen, until the "
        "run has ended. The id of each is its `seq`, its data a RunEvent.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    204: {"description": "Stream only: the run has ended and there are no events after the given one."},
}


@router.get("/v1/runs/{run_id}/events", operation_id="list_run_events", response_model=EventPage, responses=_STREAM)
async def list_events(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    run_id: RunId,
    after: Annotated[int, Query(ge=0, le=_MAX_SEQ, description="Only events after this number.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Size of a page.")] = 500,
    accept: Annotated[str, Header()] = "application/json",
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=30, description="Goes before `after`.")
    ] = None,
) -> Any:
    """Events of a run, gapless and in order."""
    after = after if last_event_id is None else _sequence(last_event_id)
    async with services.database.tenant(workspace) as session:
        if "text/event-stream" not in accept:
            return await reading.list_events(session, run_id, after, limit)
        run = await reading.require_run(session, run_id)
    if after and after >= run.last_event_seq and RunStatus(run.status).ended:
        # A browser comes back whenever a stream ends; this tells it that there is nothing left to come back for.
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return EventSourceResponse(_stream(services, workspace, run_id, after), ping=HEARTBEAT)


async def _stream(services: Services, workspace_id: UUID, run_id: UUID, after: int) -> AsyncIterator[ServerSentEvent]:
    async with contextlib.aclosing(services.events.follow(workspace_id, run_id, after)) as events:
        async for event in events:
            yield _sse(event)


def _sse(event: RunEvent) -> ServerSentEvent:
    return ServerSentEvent(data=event.model_dump_json(), id=str(event.seq))


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > _MAX_SEQ:
        raise RequestError(ErrorCode.INVALID_REQUEST, "Last-Event-ID must be the number of an event.")
    return int(text)
