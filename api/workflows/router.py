"""Routes of documents, workflows and versions."""

from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response, status

from api.errors import RequestError
from api.requests import router as feature_router
from api.services import CurrentServices, CurrentWorkspace
from api.workflows import service
from api.workflows.models import FaultList, PublishedVersion, VersionDetail, WorkflowDetail, WorkflowPage
from api.workflows.version_cache import check_version_number
from schemas.errors import ErrorCode

router = feature_router("workflows")

_JSON: Final = ("application/json", "")
_YAML: Final = ("application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain")

_DOCUMENT: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "A workflow document, as JSON or YAML.",
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Document"}},
            "application/yaml": {"schema": {"type": "string"}},
        },
    }
}

SlugPath = Annotated[str, Path(max_length=200, description="Slug of the workflow.")]


async def _document(request: Request) -> bytes:
    """The body, if it is of a type that can hold a document."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (*_JSON, *_YAML) and not kind.endswith("+json"):
        raise RequestError(
            ErrorCode.INVALID_REQUEST,
            "Send the document as application/json or application/yaml.",
            status=status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
        )
    return await request.body()


@router.post("/v1/validate", operation_id="validate_document", openapi_extra=_DOCUMENT)
async def validate_document(services: CurrentServices, workspace: CurrentWorkspace, request: Request) -> FaultList:
    """All faults of a document, each with node, field, sentence and place; an empty list if it can be published."""
    checked = await service.check_document(services.database, workspace, await _document(request))
    return FaultList(faults=checked.faults)


@router.post(
    "/v1/workflows",
    operation_id="publish_workflow",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_200_OK: {"model": PublishedVersion, "description": "Unchanged; nothing was published."}},
    openapi_extra=_DOCUMENT,
)
async def publish_workflow(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    request: Request,
    response: Response,
    slug: Annotated[
        str | None,
        Query(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$", description="Slug; made from the document's name by default."),
    ] = None,
) -> PublishedVersion:
    """Publish a document as a new version; if the newest version has the same content, that one is answered."""
    body = await _document(request)
    published = await service.publish(services.database, services.versions, workspace, body, slug)
    response.headers["Location"] = f"/v1/workflows/{published.slug}/versions/{published.version}"
    response.status_code = status.HTTP_201_CREATED if published.created else status.HTTP_200_OK
    return published


@router.get("/v1/workflows", operation_id="list_workflows")
async def list_workflows(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> WorkflowPage:
    """Workflows by slug."""
    async with services.database.tenant(workspace) as session:
        return await service.list_workflows(session, cursor, limit)


@router.get("/v1/workflows/{slug}", operation_id="get_workflow")
async def get_workflow(services: CurrentServices, workspace: CurrentWorkspace, slug: SlugPath) -> WorkflowDetail:
    """A workflow and its versions."""
    async with services.database.tenant(workspace) as session:
        return await service.get_workflow(session, slug)


@router.get("/v1/workflows/{slug}/versions/{version}", operation_id="get_workflow_version")
async def get_version(
    services: CurrentServices, workspace: CurrentWorkspace, slug: SlugPath, version: int
) -> VersionDetail:
    """A version with its document."""
    check_version_number(version)
    async with services.database.tenant(workspace) as session:
        return await service.get_version(session, slug, version)
