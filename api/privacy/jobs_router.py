"""Routes of jobs of privacy: retention now, export, erasure."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends, Path, Query, status
from starlette.responses import StreamingResponse

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.errors import RequestError
from api.privacy import jobs, models
from api.requests import Cursor, Limit, parse_id
from api.requests import router as feature_router
from api.services import CurrentServices
from schemas.errors import ErrorCode
from schemas.privacy import JobKind

router = feature_router("privacy")

ARCHIVE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "JSON lines, compressed: `{table, row}`.",
        "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


async def _job_id(job_id: Annotated[str, Path(max_length=100, description="Id of the job.")]) -> UUID:
    return parse_id("privacy job", job_id)


JobId = Annotated[UUID, Depends(_job_id)]


@router.get("/v1/privacy/jobs", operation_id="list_privacy_jobs")
async def list_jobs(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    kind: Annotated[JobKind | None, Query(description="Only of this kind.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> models.PrivacyJobPage:
    """Retentions, exports and erasures, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await jobs.list_jobs(session, kind, cursor, limit)


@router.get("/v1/privacy/jobs/{job_id}", operation_id="get_privacy_job")
async def get_job(services: CurrentServices, workspace: CurrentWorkspace, job_id: JobId) -> models.PrivacyJob:
    """How far a job is."""
    async with services.database.tenant(workspace) as session:
        return jobs.described(await jobs.find(session, job_id))


@router.post("/v1/privacy/jobs/{job_id}/cancel", operation_id="cancel_privacy_job")
async def cancel_job(services: CurrentServices, caller: CurrentCaller, job_id: JobId) -> models.PrivacyJob:
    """Let a job not happen that has not begun, such as an erasure within its grace period."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await jobs.cancel(session, caller.actor, job_id)


@router.post("/v1/privacy/retention/run", operation_id="run_retention", status_code=status.HTTP_202_ACCEPTED)
async def run_retention(services: CurrentServices, caller: CurrentCaller) -> models.PrivacyJob:
    """Carry out the rules now instead of in the night."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await jobs.ask(session, caller.actor, JobKind.RETENTION)


@router.post("/v1/privacy/exports", operation_id="start_export", status_code=status.HTTP_202_ACCEPTED)
async def start_export(services: CurrentServices, caller: CurrentCaller) -> models.PrivacyJob:
    """Write everything that the workspace owns into an archive, but for secrets; it can be fetched for a week."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await jobs.ask(session, caller.actor, JobKind.EXPORT)


@router.get(
    "/v1/privacy/exports/{job_id}/archive",
    operation_id="download_export",
    response_class=StreamingResponse,
    responses=ARCHIVE,
)
async def download_export(services: CurrentServices, workspace: CurrentWorkspace, job_id: JobId) -> StreamingResponse:
    """The archive of an export that is completed."""
    parts = await jobs.archive(services.database, workspace, job_id)
    name = f'attachment; filename="perdure-{job_id}.jsonl.gz"'
    return StreamingResponse(parts, media_type="application/gzip", headers={"Content-Disposition": name})


@router.post("/v1/privacy/erasures/person", operation_id="erase_person", status_code=status.HTTP_202_ACCEPTED)
async def erase_person(services: CurrentServices, caller: CurrentCaller, body: models.ErasePerson) -> models.PrivacyJob:
    """Erase a person from the workspace; docs/privacy.md says what is erased and what stays."""
    if body.confirm.strip() != body.subject:
        raise RequestError(ErrorCode.INVALID_REQUEST, "`confirm`: type what stands in `subject` once more.")
    async with services.database.tenant(caller.workspace_id) as session:
        parameters, shown = {"subject": body.subject}, {"reason": body.reason}
        return await jobs.ask(session, caller.actor, JobKind.ERASE_PERSON, parameters, shown=shown)


@router.post("/v1/privacy/erasures/workspace", operation_id="erase_workspace", status_code=status.HTTP_202_ACCEPTED)
async def erase_workspace(
    services: CurrentServices, caller: CurrentCaller, body: models.EraseWorkspace
) -> models.PrivacyJob:
    """Erase the whole workspace when the grace period is over; until then `cancel` takes it back."""
    async with services.database.tenant(caller.workspace_id) as session:
        return await jobs.ask_workspace_erasure(session, caller.actor, body)
