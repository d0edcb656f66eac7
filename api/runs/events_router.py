"""Route of a run's events: as a list, or as a live stream."""

from typing import Annotated, Any, Final

from fastapi import Header, Query, Response, status

from api.access.caller import CurrentWorkspace
from api.errors import RequestError
from api.requests import router as feature_router
from api.runs import reading
from api.runs.event_streams import stream_events
from api.runs.models import EventPage
from api.runs.parameters import Accept, RunId, wants_stream
from api.services import CurrentServices
from schemas.errors import ErrorCode
from schemas.messages import RunStatus

router = feature_router("runs")

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
    accept: Accept = "application/json",
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=30, description="Goes before `after`.")
    ] = None,
) -> Any:
    """Events of a run, gapless and in order."""
    after = after if last_event_id is None else _sequence(last_event_id)
    async with services.database.tenant(workspace) as session:
        if not wants_stream(accept):
            return await reading.list_events(session, run_id, after, limit)
        run = await reading.require_run(session, run_id)
    if after and after >= run.last_event_seq and RunStatus(run.status).ended:
        # A browser comes back whenever a stream ends; this tells it that there is nothing left to come back for.
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return stream_events(services, workspace, run_id, after)


def _sequence(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) > _MAX_SEQ:
        raise RequestError(ErrorCode.INVALID_REQUEST, "Last-Event-ID must be the number of an event.")
    return int(text)
