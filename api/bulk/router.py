"""Routes of bulk operations."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import Depends, Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.bulk import service
from api.bulk.models import BulkItemPage, BulkJob, BulkJobPage, BulkPreview, PreviewBulk, StartBulk
from api.bulk.preview import preview_bulk as make_preview
from api.requests import Cursor, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices
from engine.bulk_starter import BulkStarter
from schemas.bulk import BulkStatus

router = feature_router("bulk")

_LOCATION: Final[dict[int | str, dict[str, Any]]] = {
    202: {"headers": {"Location": {"schema": {"type": "string"}, "description": "Where to watch the job."}}}
}


async def _bulk_id(bulk_id: Annotated[str, Path(max_length=100, description="Id of the bulk job.")]) -> UUID:
    return parse_id("bulk job", bulk_id)


BulkId = Annotated[UUID, Depends(_bulk_id)]


@router.post("/v1/bulk/preview", operation_id="preview_bulk")
async def preview_bulk(services: CurrentServices, caller: CurrentCaller, body: PreviewBulk) -> BulkPreview:
    """Say what an operation on many runs would do, without doing it; the token starts it on exactly these runs."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await make_preview(session, caller.actor, body)


@router.post("/v1/bulk", operation_id="start_bulk", status_code=status.HTTP_202_ACCEPTED, responses=_LOCATION)
async def start_bulk(services: CurrentServices, caller: CurrentCaller, body: StartBulk, response: Response) -> BulkJob:
    """Start what was previewed. The answer comes as soon as it is certain to be carried out, whatever fails then."""
    async with services.database.tenant(caller.workspace_id) as session:
        job, accepted = await service.start_bulk(session, caller.actor, body)
    response.headers["Location"] = f"/v1/bulk/{job.id}"
    if accepted:
        starter = BulkStarter(services.database, services.temporal)
        services.dispatcher.do_soon(lambda: starter.start(caller.workspace_id, job.id))
    else:
        response.headers["Idempotent-Replayed"] = "true"
    return job


@router.get("/v1/bulk", operation_id="list_bulk_jobs")
async def list_jobs(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    job_status: Annotated[
        list[BulkStatus] | None, Query(alias="status", max_length=10, description="Only these; repeatable.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Size of a page.")] = 50,
    cursor: Cursor = None,
) -> BulkJobPage:
    """Bulk jobs, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_bulk(session, job_status or [], cursor, limit)


@router.get("/v1/bulk/{bulk_id}", operation_id="get_bulk_job")
async def get_job(services: CurrentServices, workspace: CurrentWorkspace, bulk_id: BulkId) -> BulkJob:
    """A bulk job and how far it is."""
    async with services.database.tenant(workspace) as session:
        return await service.get_bulk(session, bulk_id)


@router.get("/v1/bulk/{bulk_id}/items", operation_id="list_bulk_items")
async def list_items(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    bulk_id: BulkId,
    outcome: Annotated[
        Literal["done", "skipped", "failed", "open"] | None,
        Query(description="Only runs of which this became; `open`: whose turn has not come."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=1_000, description="Size of a page.")] = 200,
    cursor: Cursor = None,
) -> BulkItemPage:
    """What became of each run of a bulk job."""
    async with services.database.tenant(workspace) as session:
        return await service.list_items(session, bulk_id, outcome, cursor, limit)


@router.post("/v1/bulk/{bulk_id}/stop", operation_id="stop_bulk", status_code=status.HTTP_202_ACCEPTED)
async def stop_bulk(services: CurrentServices, caller: CurrentCaller, bulk_id: BulkId) -> BulkJob:
    """Stop a bulk job after the run at hand. What it has done to runs stays done."""
    async with services.database.tenant(caller.workspace_id) as session:
        job = await service.stop_bulk(session, caller.actor, bulk_id)
    starter = BulkStarter(services.database, services.temporal)
    services.dispatcher.do_soon(lambda: starter.wake(bulk_id))
    return job
