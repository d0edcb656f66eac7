"""Routes that run agents."""

from typing import Any

from fastapi import Response, status

from api.access.caller import CurrentCaller
from api.agents import service
from api.agents.models import StartAgentRun, TryAgent
from api.agents.router import AgentSlug
from api.requests import IdempotencyKey
from api.requests import router as feature_router
from api.runs.models import RunAccepted
from api.runs.parameters import Accept, Prefer
from api.runs.router import ACCEPTED, STARTED, answer_accepted, answer_started
from api.services import CurrentServices

router = feature_router("agents")


@router.post(
    "/v1/agents/{slug}/runs",
    operation_id="start_agent_run",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=None,
    responses=STARTED,
)
async def start_run(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: AgentSlug,
    body: StartAgentRun,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
    accept: Accept = "application/json",
) -> Any:
    """Give an agent something to do, as a run of its own."""
    started = await service.start_run(services, caller.actor, slug, body, idempotency_key)
    return await answer_started(services, caller.workspace_id, started, response, prefer, accept)


@router.post(
    "/v1/agents/{slug}/test",
    operation_id="test_agent",
    status_code=status.HTTP_202_ACCEPTED,
    responses=ACCEPTED,
)
async def try_agent(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: AgentSlug,
    body: TryAgent,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RunAccepted:
    """Try the draft out, as a run with the trigger `test`."""
    started = await service.try_agent(services, caller, slug, body, idempotency_key)
    return answer_accepted(started, response)
