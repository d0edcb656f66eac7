"""Routes of lists of approvals: pages, counts, saved views, figures."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.approvals import listing
from api.approvals.listing import ApprovalCounts, SavedView, SavedViews, SaveView
from api.approvals.lists import ApprovalFilter, ApprovalListName, ApprovalSort, Words
from api.approvals.metrics import ApprovalMetrics, MetricsPeriod, WantedMetrics, approval_metrics
from api.approvals.models import ApprovalPage, ApprovalStatus, Purpose
from api.requests import Cursor, Limit
from api.requests import router as feature_router
from api.saved_views.parameters import view_id_in
from api.services import CurrentServices
from schemas.approvals import PriorityName

router = feature_router("approvals")


ViewId = Annotated[UUID, Depends(view_id_in)]


async def _chosen(
    *,
    approval_status: Annotated[
        ApprovalStatus | None, Query(alias="status", description="Only those with this status.")
    ] = None,
    view: Annotated[
        ApprovalListName, Query(description="`mine`: asked of the caller and open; see the guide for all of them.")
    ] = ApprovalListName.ALL,
    q: Annotated[
        Words | None, Query(description="Words in title, text, data or tags; the last may be a beginning.")
    ] = None,
    workflow: Annotated[Words | None, Query(description="Slug of the workflow.")] = None,
    node: Annotated[Words | None, Query(description="Path or name of the node that asks.")] = None,
    purpose: Annotated[Purpose | None, Query(description="Why a person is asked.")] = None,
    priority: Annotated[PriorityName | None, Query(description="Only those of this priority.")] = None,
    tag: Annotated[Words | None, Query(description="Only those with this tag.")] = None,
    run_id: Annotated[UUID | None, Query(description="Only those of this run.")] = None,
    run: Annotated[UUID | None, Query(description="The same as `run_id`.")] = None,
    created_after: Annotated[datetime | None, Query(description="Asked at or after this moment.")] = None,
    created_before: Annotated[datetime | None, Query(description="Asked before this moment.")] = None,
    due_after: Annotated[datetime | None, Query(description="Due at or after this moment.")] = None,
    due_before: Annotated[datetime | None, Query(description="Due before this moment.")] = None,
    sort: Annotated[
        ApprovalSort,
        Query(description="`created`: the oldest first; `priority`: the most urgent first; `due`: the earliest first."),
    ] = ApprovalSort.CREATED,
) -> ApprovalFilter:
    return ApprovalFilter(
        status=approval_status,
        view=view,
        q=q,
        workflow=workflow,
        node=node,
        purpose=purpose,
        priority=priority,
        tag=tag,
        run=run_id or run,
        sort=sort,
        created_after=created_after,
        created_before=created_before,
        due_after=due_after,
        due_before=due_before,
    )


@router.get("/v1/approvals", operation_id="list_approvals")
async def list_approvals(
    services: CurrentServices,
    caller: CurrentCaller,
    chosen: Annotated[ApprovalFilter, Depends(_chosen)],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ApprovalPage:
    """Questions to people. A page begins where the last one ended, whatever was decided in the meantime."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await listing.list_approvals(session, caller, chosen, cursor, limit)


@router.get("/v1/approvals/counts", operation_id="count_approvals")
async def count_approvals(services: CurrentServices, caller: CurrentCaller) -> ApprovalCounts:
    """How many questions each view of the caller holds; a thousand, and `more`, stands for more."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await listing.count_lists(session, caller)


@router.get("/v1/approvals/metrics", operation_id="get_approval_metrics")
async def get_approval_metrics(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    since: Annotated[datetime | None, Query(description="Asked at or after this moment; 30 days by default.")] = None,
    until: Annotated[datetime | None, Query(description="Asked before this moment; now by default.")] = None,
    workflow: Annotated[Words | None, Query(description="Slug of the workflow.")] = None,
    purpose: Annotated[Purpose | None, Query(description="Why a person is asked.")] = None,
    per: Annotated[MetricsPeriod, Query(description="Length of a period, in UTC.")] = "day",
) -> ApprovalMetrics:
    """How long people take, what is overdue, and how much rules decide: in all, by person, by node, per period."""
    async with services.database.tenant(workspace) as session:
        return await approval_metrics(session, WantedMetrics(since, until, workflow, purpose, per))


@router.get("/v1/approvals/views", operation_id="list_approval_views")
async def list_approval_views(services: CurrentServices, caller: CurrentCaller) -> SavedViews:
    """The caller's saved views."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await listing.list_views(session, caller)


@router.post("/v1/approvals/views", operation_id="create_approval_view", status_code=status.HTTP_201_CREATED)
async def create_approval_view(services: CurrentServices, caller: CurrentCaller, body: SaveView) -> SavedView:
    """Keep filters under a name."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await listing.save_view(session, caller, body)


@router.put("/v1/approvals/views/{view_id}", operation_id="update_approval_view")
async def update_approval_view(
    services: CurrentServices, caller: CurrentCaller, view_id: ViewId, body: SaveView
) -> SavedView:
    """Give a saved view another name or other filters."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await listing.change_view(session, caller, view_id, body)


@router.delete(
    "/v1/approvals/views/{view_id}", operation_id="delete_approval_view", status_code=status.HTTP_204_NO_CONTENT
)
async def delete_approval_view(services: CurrentServices, caller: CurrentCaller, view_id: ViewId) -> Response:
    """Forget a saved view."""
    async with services.database.tenant(caller.workspace_id) as session:
        await listing.delete_view(session, caller, view_id)
    return Response(status_code=status.HTTP_204_NO_CONTENT)
