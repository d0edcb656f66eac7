"""Routes for trying out drafts and single nodes."""

from typing import Any, Final

from fastapi import Response, status

from api.access.caller import CurrentCaller
from api.requests import IdempotencyKey
from api.requests import router as feature_router
from api.runs.models import RunAccepted
from api.runs.router import answer_accepted
from api.services import CurrentServices
from api.workflows import node_tests, trials
from api.workflows.router import SlugPath
from api.workflows.trial_models import NodeTest, RunDraft, RunNode

router = feature_router("workflows")

_ACCEPTED: Final[dict[str, Any]] = {"description": "The test goes on; its run can be followed.", "model": NodeTest}


@router.post("/v1/workflows/{slug}/draft/runs", operation_id="run_draft", status_code=status.HTTP_202_ACCEPTED)
async def run_draft(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: SlugPath,
    body: RunDraft,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RunAccepted:
    """Start a test run of the draft. Pinned nodes give the output that stands here instead of being executed."""
    started = await trials.run_draft(services, caller, slug, body, idempotency_key)
    return answer_accepted(started, response)


@router.post("/v1/workflows/{slug}/test-node", operation_id="test_node", responses={202: _ACCEPTED})
async def try_node(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: SlugPath,
    body: RunNode,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> NodeTest:
    """Run one node with given values for what it reads, and answer what became of it."""
    tested = await node_tests.try_node(services, caller, slug, body, idempotency_key)
    response.headers["Location"] = f"/v1/runs/{tested.run_id}"
    if not tested.status.resolved:
        response.status_code = status.HTTP_202_ACCEPTED
    return tested
