"""Routes that steer runs: cancel, pause, resume, terminate, retry, fork."""

from uuid import UUID, uuid4, uuid5

from fastapi import Response, status

from api.access.caller import Caller, CurrentCaller
from api.requests import IdempotencyKey
from api.requests import router as feature_router
from api.runs import forking, reading
from api.runs.models import ControlRun, ForkRun, Run, RunAccepted, SteerRun
from api.runs.parameters import RunId
from api.runs.router import ACCEPTED, answer_accepted
from api.services import CurrentServices
from engine import steering
from engine.steering import SteerOrder

router = feature_router("runs")


@router.post("/v1/runs/{run_id}/cancel", operation_id="cancel_run", status_code=status.HTTP_202_ACCEPTED)
async def cancel_run(
    services: CurrentServices, caller: CurrentCaller, run_id: RunId, body: ControlRun | None = None
) -> Run:
    """Cancel a run: new work stops at once, finished steps with a compensation are undone."""
    return await _control(services, caller, run_id, "cancel", body)


@router.post("/v1/runs/{run_id}/pause", operation_id="pause_run", status_code=status.HTTP_202_ACCEPTED)
async def pause_run(
    services: CurrentServices, caller: CurrentCaller, run_id: RunId, body: ControlRun | None = None
) -> Run:
    """Pause a run: what is under way ends, nothing new begins."""
    return await _control(services, caller, run_id, "pause", body)


@router.post("/v1/runs/{run_id}/resume", operation_id="resume_run", status_code=status.HTTP_202_ACCEPTED)
async def resume_run(
    services: CurrentServices, caller: CurrentCaller, run_id: RunId, body: ControlRun | None = None
) -> Run:
    """Let a paused run go on."""
    return await _control(services, caller, run_id, "resume", body)


@router.post("/v1/runs/{run_id}/steer", operation_id="steer_run", status_code=status.HTTP_202_ACCEPTED)
async def steer_run(
    services: CurrentServices,
    caller: CurrentCaller,
    run_id: RunId,
    body: SteerRun,
    idempotency_key: IdempotencyKey = None,
) -> Run:
    """Say something to an agent in mid-run; it hears it before its next turn."""
    said = uuid4() if idempotency_key is None else uuid5(run_id, idempotency_key)
    async with services.database.tenant(caller.workspace_id) as session:
        await steering.steer_run(session, caller.actor, run_id, SteerOrder(str(said), body.message, body.path))
        return await reading.get_run(session, run_id)


@router.post("/v1/runs/{run_id}/terminate", operation_id="terminate_run")
async def terminate_run(
    services: CurrentServices, caller: CurrentCaller, run_id: RunId, body: ControlRun | None = None
) -> Run:
    """End a run and its child runs at once, as they stand: nothing is undone, and what is under way is not awaited.

    Cancel is the gentle way; this is for runs that do not react to it.
    """
    async with services.database.tenant(caller.workspace_id) as session:
        await steering.terminate_run(session, caller.actor, run_id, body.reason if body is not None else None)
        return await reading.get_run(session, run_id)


@router.post("/v1/runs/{run_id}/retry", operation_id="retry_run", status_code=status.HTTP_202_ACCEPTED)
async def retry_run(
    services: CurrentServices,
    caller: CurrentCaller,
    run_id: RunId,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> Run:
    """Begin the next attempt of a failed, cancelled or terminated run; finished steps are kept."""
    async with services.database.tenant(caller.workspace_id) as session:
        began = await steering.retry_run(session, caller.actor, run_id, idempotency_key)
        run = await reading.get_run(session, run_id)
    services.dispatcher.start_soon(caller.workspace_id, run_id)
    if not began:
        response.headers["Idempotent-Replayed"] = "true"
    return run


@router.post(
    "/v1/runs/{run_id}/fork",
    operation_id="fork_run",
    status_code=status.HTTP_202_ACCEPTED,
    responses=ACCEPTED,
)
async def fork_run(
    services: CurrentServices,
    caller: CurrentCaller,
    run_id: RunId,
    body: ForkRun,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RunAccepted:
    """Start another run from a node of this one, with edits. It asks for every approval anew."""
    started = await forking.fork_run(services, caller.actor, run_id, body, idempotency_key)
    return answer_accepted(started, response)


async def _control(
    services: CurrentServices, caller: Caller, run_id: UUID, action: steering.Action, body: ControlRun | None
) -> Run:
    async with services.database.tenant(caller.workspace_id) as session:
        await steering.control_run(session, caller.actor, run_id, action, body.reason if body is not None else None)
        return await reading.get_run(session, run_id)
