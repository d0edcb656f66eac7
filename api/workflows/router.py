"""Routes of workflows: published, created, found, named, put away."""

from enum import StrEnum
from typing import Annotated

from fastapi import Path, Query, Request, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.requests import Cursor, Limit
from api.requests import router as feature_router
from api.services import CurrentServices
from api.workflows import catalogue, drafts, publishing
from api.workflows.documents import DOCUMENT_BODY, check_document, document_body
from api.workflows.draft_models import CloneWorkflow, CreateWorkflow, Draft
from api.workflows.models import FaultList, PublishedVersion, SetTags, WorkflowDetail, WorkflowPage
from api.workflows.revisions import tag_of
from schemas.agent_documents import WorkflowType

router = feature_router("workflows")

SlugPath = Annotated[str, Path(max_length=200, description="Slug of the workflow.")]
NewSlugQuery = Annotated[
    str | None,
    Query(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$", description="Slug; made from the document's name by default."),
]


class ListedType(StrEnum):
    """What the list of workflows shows."""

    WORKFLOW = "workflow"
    AGENT = "agent"
    ALL = "all"


def answer_draft(draft: Draft, response: Response, *, created: bool = False) -> Draft:
    """Tell the revision, and where the draft is if it is new."""
    response.headers["ETag"] = tag_of(draft)
    if created:
        response.headers["Location"] = f"/v1/workflows/{draft.slug}/draft"
    return draft


@router.post("/v1/validate", operation_id="validate_document", openapi_extra=DOCUMENT_BODY)
async def validate_document(services: CurrentServices, workspace: CurrentWorkspace, request: Request) -> FaultList:
    """All faults of a document, each with node, field, sentence and place; an empty list if it can be published."""
    checked = await check_document(services.database, workspace, await document_body(request))
    return FaultList(faults=checked.faults)


@router.post(
    "/v1/workflows",
    operation_id="publish_workflow",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_200_OK: {"model": PublishedVersion, "description": "Unchanged; nothing was published."}},
    openapi_extra=DOCUMENT_BODY,
)
async def publish_workflow(
    services: CurrentServices,
    caller: CurrentCaller,
    request: Request,
    response: Response,
    slug: NewSlugQuery = None,
    note: Annotated[str | None, Query(max_length=2_000, description="What is new, for people.")] = None,
) -> PublishedVersion:
    """Publish a document as a new version; if the newest version has the same content, that one is answered."""
    body = await document_body(request)
    published = await publishing.publish_text(services, caller.actor, body, slug, note)
    response.headers["Location"] = f"/v1/workflows/{published.slug}/versions/{published.version}"
    response.status_code = status.HTTP_201_CREATED if published.created else status.HTTP_200_OK
    return published


@router.post("/v1/workflows/drafts", operation_id="create_workflow", status_code=status.HTTP_201_CREATED)
async def create_workflow(
    services: CurrentServices, caller: CurrentCaller, body: CreateWorkflow, response: Response
) -> Draft:
    """Create a workflow that has a draft only; it can be run when the draft is published."""
    return answer_draft(await drafts.create_workflow(services, caller.actor, body), response, created=True)


@router.post(
    "/v1/workflows/import",
    operation_id="import_workflow",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=DOCUMENT_BODY,
)
async def import_workflow(
    services: CurrentServices, caller: CurrentCaller, request: Request, response: Response, slug: NewSlugQuery = None
) -> Draft:
    """Create a workflow from the text of a document, whatever faults it has; each is answered with line and column."""
    body = await document_body(request)
    return answer_draft(await drafts.import_document(services, caller.actor, body, slug), response, created=True)


@router.get("/v1/workflows", operation_id="list_workflows")
async def list_workflows(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    q: Annotated[
        str | None, Query(max_length=200, description="Words to be found in slug, name, description or tags.")
    ] = None,
    tag: Annotated[list[str] | None, Query(max_length=20, description="Only with this tag; repeatable.")] = None,
    archived: Annotated[bool, Query(description="Archived workflows instead of the others.")] = False,
    workflow_type: Annotated[
        ListedType, Query(alias="type", description="Agents are workflows of one node, with a list of their own.")
    ] = ListedType.WORKFLOW,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> WorkflowPage:
    """Workflows by slug, each with its newest version, its draft and how its last runs went."""
    async with services.database.tenant(workspace) as session:
        return await catalogue.list_workflows(
            session,
            text=q,
            tags=tag or [],
            archived=archived,
            cursor=cursor,
            limit=limit,
            workflow_type=None if workflow_type is ListedType.ALL else WorkflowType(workflow_type),
        )


@router.get("/v1/workflows/{slug}", operation_id="get_workflow")
async def get_workflow(services: CurrentServices, workspace: CurrentWorkspace, slug: SlugPath) -> WorkflowDetail:
    """A workflow and its versions."""
    async with services.database.tenant(workspace) as session:
        return await catalogue.get_workflow(session, slug)


@router.delete("/v1/workflows/{slug}", operation_id="delete_workflow", status_code=status.HTTP_204_NO_CONTENT)
async def delete_workflow(services: CurrentServices, caller: CurrentCaller, slug: SlugPath) -> None:
    """Delete a workflow that was never published nor tried out; any other can be archived."""
    await catalogue.delete_workflow(services, caller.actor, slug)


@router.put("/v1/workflows/{slug}/tags", operation_id="set_workflow_tags")
async def set_tags(services: CurrentServices, caller: CurrentCaller, slug: SlugPath, body: SetTags) -> WorkflowDetail:
    """Give a workflow these tags and no others."""
    return await catalogue.set_tags(services, caller.actor, slug, body.tags)


@router.post("/v1/workflows/{slug}/archive", operation_id="archive_workflow")
async def archive_workflow(services: CurrentServices, caller: CurrentCaller, slug: SlugPath) -> WorkflowDetail:
    """Put a workflow away: it starts no runs and is not listed.

    Runs that have begun go on, and can be retried and forked.
    """
    return await catalogue.set_archived(services, caller.actor, slug, archived=True)


@router.post("/v1/workflows/{slug}/unarchive", operation_id="unarchive_workflow")
async def unarchive_workflow(services: CurrentServices, caller: CurrentCaller, slug: SlugPath) -> WorkflowDetail:
    """Bring an archived workflow back."""
    return await catalogue.set_archived(services, caller.actor, slug, archived=False)


@router.post("/v1/workflows/{slug}/clone", operation_id="clone_workflow", status_code=status.HTTP_201_CREATED)
async def clone_workflow(
    services: CurrentServices, caller: CurrentCaller, slug: SlugPath, body: CloneWorkflow, response: Response
) -> Draft:
    """Copy the draft, or a version, of a workflow into the draft of a new one."""
    return answer_draft(await drafts.clone_workflow(services, caller.actor, slug, body), response, created=True)
