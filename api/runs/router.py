"""Routes of runs."""

import re
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Header, Path, Query, Response, status

from api.requests import IdempotencyKey, parse_id
from api.requests import router as feature_router
from api.runs import forking, reading, service, steering, waiting
from api.runs.models import ControlRun, ForkRun, Run, RunAccepted, RunPage, StartRun, StepPage
from api.services import CurrentServices, CurrentWorkspace
from schemas.messages import RunStatus

router = feature_router("runs")

_ACCEPTED: Final[dict[int | str, dict[str, Any]]] = {
    status.HTTP_202_ACCEPTED: {
        "headers": {"Location": {"schema": {"type": "string"}, "description": "Where to read the run."}}
    }
}


async def _run_id(run_id: Annotated[str, Path(max_length=100, description="Id of the run.")]) -> UUID:
    return parse_id("run", run_id)


RunId = Annotated[UUID, Depends(_run_id)]
Prefer = Annotated[
    str | None,
    Header(
        max_length=100, description="`wait=30`: answer when the run has ended, after 30 s at the latest (up to 60)."
    ),
]
Cursor = Annotated[str | None, Query(max_length=2_000, description="`next_cursor` of the page before.")]


@router.post(
    "/v1/runs",
    operation_id="start_run",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=None,
    responses={
        202: {"model": RunAccepted, **_ACCEPTED[202], "description": "The run is certain to happen."},
        200: {"model": Run, "description": "With `Prefer: wait=…`: it has ended already."},
    },
)
async def start_run(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    body: StartRun,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
) -> RunAccepted | Run:
    """Start a run. The answer comes as soon as the run is certain to happen, whatever fails after that."""
    started = await service.start_run(services, workspace, body, idempotency_key)
    response.headers["Location"] = f"/v1/runs/{started.run.id}"
    if started.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    if (seconds := _wait_of(prefer)) > 0:
        ended = await waiting.wait_for_end(services, workspace, started.run.id, seconds)
        if ended is not None:
            response.status_code = status.HTTP_200_OK
            response.headers["Preference-Applied"] = f"wait={seconds:g}"
            return ended
    return started.run


@router.get("/v1/runs", operation_id="list_runs")
async def list_runs(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    run_status: Annotated[list[RunStatus] | None, Query(alias="status", description="Only these; repeatable.")] = None,
    workflow: Annotated[str | None, Query(max_length=200, description="Only runs of this workflow (slug).")] = None,
    parent: Annotated[UUID | None, Query(description="Only child runs of this run.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Cursor = None,
) -> RunPage:
    """Runs, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await reading.list_runs(
            session, status=run_status or [], workflow=workflow, parent=parent, cursor=cursor, limit=limit
        )


@router.get("/v1/runs/{run_id}", operation_id="get_run")
async def get_run(services: CurrentServices, workspace: CurrentWorkspace, run_id: RunId) -> Run:
    """A run with its input and output."""
    async with services.database.tenant(workspace) as session:
        return await reading.get_run(session, run_id)


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


@router.post("/v1/runs/{run_id}/cancel", operation_id="cancel_run", status_code=status.HTTP_202_ACCEPTED)
async def cancel_run(
    services: CurrentServices, workspace: CurrentWorkspace, run_id: RunId, body: ControlRun | None = None
) -> Run:
    """Cancel a run: new work stops at once, finished steps with a compensation are undone."""
    return await _control(services, workspace, run_id, "cancel", body)


@router.post("/v1/runs/{run_id}/pause", operation_id="pause_run", status_code=status.HTTP_202_ACCEPTED)
async def pause_run(
    services: CurrentServices, workspace: CurrentWorkspace, run_id: RunId, body: ControlRun | None = None
) -> Run:
    """Pause a run: what is under way ends, nothing new begins."""
    return await _control(services, workspace, run_id, "pause", body)


@router.post("/v1/runs/{run_id}/resume", operation_id="resume_run", status_code=status.HTTP_202_ACCEPTED)
async def resume_run(
    services: CurrentServices, workspace: CurrentWorkspace, run_id: RunId, body: ControlRun | None = None
) -> Run:
    """Let a paused run go on."""
    return await _control(services, workspace, run_id, "resume", body)


@router.post("/v1/runs/{run_id}/retry", operation_id="retry_run", status_code=status.HTTP_202_ACCEPTED)
async def retry_run(services: CurrentServices, workspace: CurrentWorkspace, run_id: RunId) -> Run:
    """Begin the next attempt of a failed, cancelled or terminated run; finished steps are kept."""
    async with services.database.tenant(workspace) as session:
        await steering.retry_run(session, run_id)
        run = await reading.get_run(session, run_id)
    services.dispatcher.start_soon(workspace, run_id)
    return run


@router.post(
    "/v1/runs/{run_id}/fork",
    operation_id="fork_run",
    status_code=status.HTTP_202_ACCEPTED,
    responses=_ACCEPTED,
)
async def fork_run(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    run_id: RunId,
    body: ForkRun,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RunAccepted:
    """Start another run from a node of this one, with edits. It asks for every approval anew."""
    started = await forking.fork_run(services, workspace, run_id, body, idempotency_key)
    response.headers["Location"] = f"/v1/runs/{started.run.id}"
    if started.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return started.run


async def _control(
    services: CurrentServices, workspace: UUID, run_id: UUID, action: steering.Action, body: ControlRun | None
) -> Run:
    async with services.database.tenant(workspace) as session:
        await steering.control_run(session, run_id, action, body.reason if body is not None else None)
        return await reading.get_run(session, run_id)


def _wait_of(prefer: str | None) -> float:
    found = re.search(r"(?:^|[;,\s])wait=(\d{1,6})", prefer or "")
    return min(float(found[1]), waiting.LONGEST_WAIT) if found is not None else 0.0
