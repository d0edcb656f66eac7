"""Routes that start, list and read runs."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.requests import Cursor, IdempotencyKey
from api.requests import router as feature_router
from api.runs import reading, service, waiting
from api.runs.event_streams import stream_run
from api.runs.filters import ListRuns
from api.runs.models import Run, RunAccepted, RunPage, StartRun, StepPage
from api.runs.parameters import Accept, Prefer, RunId, wait_of, wants_stream
from api.runs.service import Started
from api.runs.waits.service import explain
from api.services import CurrentServices, Services

router = feature_router("runs")

ACCEPTED: Final[dict[int | str, dict[str, Any]]] = {
    status.HTTP_202_ACCEPTED: {
        "headers": {"Location": {"schema": {"type": "string"}, "description": "Where to read the run."}}
    }
}
STREAM: Final = {
    "description": "With `Prefer: wait=…`: it has ended already. With `Accept: text/event-stream`: the run in an event "
    "`run`, then its events as they happen, until it has ended. Closing the stream does not cancel the run.",
    "content": {"text/event-stream": {"schema": {"type": "string"}}},
}

STARTED: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": RunAccepted, **ACCEPTED[202], "description": "The run is certain to happen."},
    200: {"model": Run, **STREAM},
}


async def answer_started(
    services: Services, workspace: UUID, started: Started, response: Response, prefer: str | None, accept: str
) -> Any:
    """Answer a start in the way that the caller wants: at once, at the end of the run, or as a stream."""
    if wants_stream(accept):
        return stream_run(services, workspace, started.run, _headers(started))
    accepted = answer_accepted(started, response)
    if (seconds := wait_of(prefer)) > 0:
        ended = await waiting.wait_for_end(services, workspace, started.run.id, seconds)
        if ended is not None:
            response.status_code = status.HTTP_200_OK
            response.headers["Preference-Applied"] = f"wait={seconds:g}"
            return ended
    return accepted


def answer_accepted(started: Started, response: Response) -> RunAccepted:
    """Answer a start at once."""
    response.headers.update(_headers(started))
    return started.run


def _headers(started: Started) -> dict[str, str]:
    replayed = {"Idempotent-Replayed": "true"} if started.replayed else {}
    return {"Location": f"/v1/runs/{started.run.id}", **replayed}


@router.post(
    "/v1/runs",
    operation_id="start_run",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=None,
    responses=STARTED,
)
async def start_run(
    services: CurrentServices,
    caller: CurrentCaller,
    body: StartRun,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
    accept: Accept = "application/json",
) -> Any:
    """Start a run. The answer comes as soon as the run is certain to happen, whatever fails after that."""
    started = await service.start_run(services, caller.actor, body, idempotency_key)
    return await answer_started(services, caller.workspace_id, started, response, prefer, accept)


@router.get("/v1/runs", operation_id="list_runs")
async def list_runs(
    services: CurrentServices, workspace: CurrentWorkspace, wanted: Annotated[ListRuns, Query()]
) -> RunPage:
    """Runs, the newest first.

    Filters by trigger, starter, cost and text look at a bounded number of runs per request: a page may then hold fewer
    runs than its limit, or none, while `next_cursor` leads on.
    """
    async with services.database.tenant(workspace) as session:
        return await reading.list_runs(session, wanted)


@router.get("/v1/runs/{run_id}", operation_id="get_run")
async def get_run(services: CurrentServices, workspace: CurrentWorkspace, run_id: RunId) -> Run:
    """A run with its input and output, and why it waits if it has not ended."""
    async with services.database.tenant(workspace) as session:
        run = await reading.get_run(session, run_id)
    if run.status.ended:
        return run
    return run.model_copy(update={"waiting": await explain(services, workspace, run_id)})


@router.get("/v1/runs/{run_id}/steps", operation_id="list_run_steps")
async def list_steps(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    run_id: RunId,
    path: Annotated[str | None, Query(max_length=2_000, description="Only steps with this node path.")] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
    cursor: Cursor = None,
) -> StepPage:
    """Steps of a run in the order in which they began."""
    async with services.database.tenant(workspace) as session:
        return await reading.list_steps(session, run_id, path=path, cursor=cursor, limit=limit)
