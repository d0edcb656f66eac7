"""Routes of the audit log."""

from typing import Annotated

from fastapi import Query
from fastapi.responses import StreamingResponse

from api.access.caller import CurrentWorkspace
from api.audit import service
from api.audit.export import MEDIA_TYPES, export
from api.audit.filters import CurrentFilter
from api.audit.models import AuditHead, AuditPage, AuditVerification, ExportFormat
from api.requests import Cursor, Limit
from api.requests import router as feature_router
from api.services import CurrentServices

router = feature_router("audit")


@router.get("/v1/audit", operation_id="list_audit_entries")
async def list_entries(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    wanted: CurrentFilter,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AuditPage:
    """Changes in the workspace, the latest first. Who started a run stands in the run itself."""
    async with services.database.tenant(workspace) as session:
        return await service.list_entries(session, wanted, cursor, limit)


@router.get("/v1/audit/head", operation_id="get_audit_head")
async def get_head(services: CurrentServices, workspace: CurrentWorkspace) -> AuditHead:
    """The end of the chain of the log. Keep it elsewhere: it proves later that nothing was removed or rewritten."""
    async with services.database.tenant(workspace) as session:
        return await service.get_head(session, workspace)


@router.get("/v1/audit/verification", operation_id="verify_audit_log")
async def verify_log(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    after: Annotated[str | None, Query(max_length=100, description="`through` of the portion before.")] = None,
    anchor: Annotated[str | None, Query(max_length=100, description="A mark of the head that was kept.")] = None,
) -> AuditVerification:
    """Check the chain of the log, up to 20,000 entries at once: which were changed, moved, inserted or removed."""
    async with services.database.tenant(workspace, at_one_moment=True) as session:
        return await service.verify_log(session, after, anchor)


@router.get(
    "/v1/audit/export",
    operation_id="export_audit_log",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {media.partition(";")[0]: {"schema": {"type": "string"}} for media in MEDIA_TYPES.values()},
        }
    },
)
async def export_log(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    wanted: CurrentFilter,
    written_as: Annotated[
        ExportFormat, Query(alias="format", description="`csv` with a header line, or `jsonl`: one entry per line.")
    ] = ExportFormat.JSONL,
) -> StreamingResponse:
    """All entries that fit, in the order in which they were written, as a file."""
    return StreamingResponse(
        export(services.database, workspace, wanted, written_as),
        media_type=MEDIA_TYPES[written_as],
        headers={"Content-Disposition": f'attachment; filename="audit.{written_as}"'},
    )
