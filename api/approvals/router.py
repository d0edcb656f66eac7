"""Routes of approvals."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Query

from api.approvals import service
from api.approvals.models import Approval, ApprovalPage, ApprovalStatus, DecideApproval
from api.requests import parse_id
from api.requests import router as feature_router
from api.services import CurrentServices, CurrentWorkspace

router = feature_router("approvals")


async def _approval_id(approval_id: Annotated[str, Path(max_length=100, description="Id of the approval.")]) -> UUID:
    return parse_id("approval", approval_id)


ApprovalId = Annotated[UUID, Depends(_approval_id)]


@router.get("/v1/approvals", operation_id="list_approvals")
async def list_approvals(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    approval_status: Annotated[ApprovalStatus | None, Query(alias="status")] = None,
    run_id: Annotated[UUID | None, Query(description="Only those of this run.")] = None,
    run: Annotated[UUID | None, Query(description="The same as `run_id`.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=2_000)] = None,
) -> ApprovalPage:
    """Questions to people, the oldest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_approvals(
            session, status=approval_status, run_id=run_id or run, cursor=cursor, limit=limit
        )


@router.get("/v1/approvals/{approval_id}", operation_id="get_approval")
async def get_approval(services: CurrentServices, workspace: CurrentWorkspace, approval_id: ApprovalId) -> Approval:
    """A question to a person."""
    async with services.database.tenant(workspace) as session:
        return await service.get_approval(session, approval_id)


@router.post("/v1/approvals/{approval_id}/decide", operation_id="decide_approval")
async def decide_approval(
    services: CurrentServices, workspace: CurrentWorkspace, approval_id: ApprovalId, body: DecideApproval
) -> Approval:
    """Answer a question. Of several answers exactly one counts; the others get a 409 that names it."""
    async with services.database.tenant(workspace) as session:
        return await service.decide_approval(session, approval_id, body)
