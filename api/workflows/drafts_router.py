"""Routes of drafts."""

from typing import Annotated

from fastapi import Path, Request, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.requests import router as feature_router
from api.services import CurrentServices
from api.workflows import drafts, previews, publishing
from api.workflows.documents import DOCUMENT_BODY, document_body
from api.workflows.draft_models import Draft, PublishDraft, RestoreVersion, SaveDraft
from api.workflows.models import PublishedVersion
from api.workflows.preview_models import PreviewPublish, PublishPreview
from api.workflows.revisions import IfMatch, expected_revision
from api.workflows.router import SlugPath, answer_draft

router = feature_router("workflows")


@router.get("/v1/workflows/{slug}/draft", operation_id="get_draft")
async def get_draft(
    services: CurrentServices, workspace: CurrentWorkspace, slug: SlugPath, response: Response
) -> Draft:
    """The draft of a workflow with all its faults."""
    return answer_draft(await drafts.get_draft(services, workspace, slug), response)


@router.put("/v1/workflows/{slug}/draft", operation_id="save_draft")
async def save_draft(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: SlugPath,
    body: SaveDraft,
    response: Response,
    if_match: IfMatch = None,
) -> Draft:
    """Save the draft on top of the revision that was edited. If somebody was faster, the 409 holds both sides."""
    expected = expected_revision(if_match, body.revision)
    saved = await drafts.save_document(services, caller.actor, slug, body.document, expected)
    return answer_draft(saved, response)


@router.post("/v1/workflows/{slug}/draft/import", operation_id="import_draft", openapi_extra=DOCUMENT_BODY)
async def import_draft(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: SlugPath,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> Draft:
    """Save the text of a document as the draft; each fault is answered with line and column."""
    expected = expected_revision(if_match, None)
    saved = await drafts.save_text(services, caller.actor, slug, await document_body(request), expected)
    return answer_draft(saved, response)


@router.post(
    "/v1/workflows/{slug}/publish",
    operation_id="publish_draft",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_200_OK: {"model": PublishedVersion, "description": "Unchanged; nothing was published."}},
)
async def publish_draft(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: SlugPath,
    body: PublishDraft,
    response: Response,
    if_match: IfMatch = None,
) -> PublishedVersion:
    """Publish the draft as a new version. Runs that have begun stay on theirs."""
    expected = expected_revision(if_match, body.revision)
    published = await publishing.publish_draft(services, caller.actor, slug, body, expected)
    response.headers["Location"] = f"/v1/workflows/{published.slug}/versions/{published.version}"
    response.status_code = status.HTTP_201_CREATED if published.created else status.HTTP_200_OK
    return published


@router.post("/v1/workflows/{slug}/publish/preview", operation_id="preview_publish")
async def preview_publish(
    services: CurrentServices, workspace: CurrentWorkspace, slug: SlugPath, body: PreviewPublish
) -> PublishPreview:
    """What publishing the draft would do: which runs stay on which version, which would have gone another way.

    The recorded outputs of finished runs are sent through the draft; nothing is executed and nothing is changed.
    """
    return await previews.preview_publish(services, workspace, slug, body)


@router.post("/v1/workflows/{slug}/versions/{version}/restore", operation_id="restore_workflow_version")
async def restore_version(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: SlugPath,
    version: Annotated[int, Path(description="Number of the version.")],
    body: RestoreVersion,
    response: Response,
    if_match: IfMatch = None,
) -> Draft:
    """Make the document of a version the draft; nothing is published by that."""
    expected = expected_revision(if_match, body.revision)
    return answer_draft(await drafts.restore_version(services, caller.actor, slug, version, expected), response)
