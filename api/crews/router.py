"""Routes of crews: created, found, saved, tried out, published, run, put away.

A crew is a workflow of one node: versions, comparisons, tags and export are at `/v1/workflows` for crews too.
"""

from typing import Annotated, Any

from fastapi import Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.crews import service
from api.crews.models import CreateCrew, Crew, CrewPage, SaveCrew, StartCrewRun, TryCrew
from api.requests import Cursor, IdempotencyKey, Limit
from api.requests import router as feature_router
from api.runs.models import RunAccepted
from api.runs.parameters import Accept, Prefer
from api.runs.router import ACCEPTED, STARTED, answer_accepted, answer_started
from api.services import CurrentServices
from api.workflows.draft_models import CloneWorkflow, PublishDraft
from api.workflows.models import PublishedVersion
from api.workflows.revisions import IfMatch, expected_revision

router = feature_router("crews")

CrewSlug = Annotated[str, Path(max_length=200, description="Slug of the crew.")]


def _answer(crew: Crew, response: Response, *, created: bool = False) -> Crew:
    """Tell the revision, and where the crew is if it is new."""
    response.headers["ETag"] = f'"{crew.revision}"'
    if created:
        response.headers["Location"] = f"/v1/crews/{crew.slug}"
    return crew


@router.post("/v1/crews", operation_id="create_crew", status_code=status.HTTP_201_CREATED)
async def create_crew(services: CurrentServices, caller: CurrentCaller, body: CreateCrew, response: Response) -> Crew:
    """Create a crew that has a draft only; it can be run when the draft is published."""
    return _answer(await service.create_crew(services, caller.actor, body), response, created=True)


@router.get("/v1/crews", operation_id="list_crews")
async def list_crews(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    q: Annotated[
        str | None, Query(max_length=200, description="Words to be found in slug, name, description or tags.")
    ] = None,
    tag: Annotated[list[str] | None, Query(max_length=20, description="Only with this tag; repeatable.")] = None,
    archived: Annotated[bool, Query(description="Archived crews instead of the others.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CrewPage:
    """Crews by slug, each with its newest version, its draft and how its last runs went."""
    async with services.database.tenant(workspace) as session:
        return await service.list_crews(session, text=q, tags=tag or [], archived=archived, cursor=cursor, limit=limit)


@router.get("/v1/crews/{slug}", operation_id="get_crew")
async def get_crew(services: CurrentServices, workspace: CurrentWorkspace, slug: CrewSlug, response: Response) -> Crew:
    """The draft of a crew with all its faults."""
    return _answer(await service.get_crew(services, workspace, slug), response)


@router.put("/v1/crews/{slug}", operation_id="save_crew")
async def save_crew(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: CrewSlug,
    body: SaveCrew,
    response: Response,
    if_match: IfMatch = None,
) -> Crew:
    """Save the draft on top of the revision that was edited. If somebody was faster, the 409 holds both sides."""
    expected = expected_revision(if_match, body.revision)
    return _answer(await service.save_crew(services, caller.actor, slug, body, expected), response)


@router.post(
    "/v1/crews/{slug}/publish",
    operation_id="publish_crew",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_200_OK: {"model": PublishedVersion, "description": "Unchanged; nothing was published."}},
)
async def publish_crew(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: CrewSlug,
    body: PublishDraft,
    response: Response,
    if_match: IfMatch = None,
) -> PublishedVersion:
    """Publish the draft as a new version."""
    expected = expected_revision(if_match, body.revision)
    published = await service.publish_crew(services, caller.actor, slug, body, expected)
    response.headers["Location"] = f"/v1/workflows/{published.slug}/versions/{published.version}"
    response.status_code = status.HTTP_201_CREATED if published.created else status.HTTP_200_OK
    return published


@router.delete("/v1/crews/{slug}", operation_id="delete_crew", status_code=status.HTTP_204_NO_CONTENT)
async def delete_crew(services: CurrentServices, caller: CurrentCaller, slug: CrewSlug) -> None:
    """Delete a crew that was never published nor tried out; any other can be archived."""
    await service.delete_crew(services, caller.actor, slug)


@router.post("/v1/crews/{slug}/clone", operation_id="clone_crew", status_code=status.HTTP_201_CREATED)
async def clone_crew(
    services: CurrentServices, caller: CurrentCaller, slug: CrewSlug, body: CloneWorkflow, response: Response
) -> Crew:
    """Copy the draft, or a version, of a crew into the draft of a new one."""
    return _answer(await service.clone_crew(services, caller.actor, slug, body), response, created=True)


@router.post("/v1/crews/{slug}/archive", operation_id="archive_crew")
async def archive_crew(services: CurrentServices, caller: CurrentCaller, slug: CrewSlug, response: Response) -> Crew:
    """Put a crew away: it starts no runs and is not listed."""
    return _answer(await service.set_archived(services, caller.actor, slug, archived=True), response)


@router.post("/v1/crews/{slug}/unarchive", operation_id="unarchive_crew")
async def unarchive_crew(services: CurrentServices, caller: CurrentCaller, slug: CrewSlug, response: Response) -> Crew:
    """Bring an archived crew back."""
    return _answer(await service.set_archived(services, caller.actor, slug, archived=False), response)


@router.post(
    "/v1/crews/{slug}/test", operation_id="test_crew", status_code=status.HTTP_202_ACCEPTED, responses=ACCEPTED
)
async def try_crew(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: CrewSlug,
    body: TryCrew,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RunAccepted:
    """Try the draft out, as a run with the trigger `test`."""
    return answer_accepted(await service.try_crew(services, caller, slug, body, idempotency_key), response)


@router.post(
    "/v1/crews/{slug}/runs",
    operation_id="start_crew_run",
    status_code=status.HTTP_202_ACCEPTED,
    response_model=None,
    responses=STARTED,
)
async def start_run(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: CrewSlug,
    body: StartCrewRun,
    response: Response,
    idempotency_key: IdempotencyKey = None,
    prefer: Prefer = None,
    accept: Accept = "application/json",
) -> Any:
    """Give a crew something to do, as a run."""
    started = await service.start_run(services, caller.actor, slug, body, idempotency_key)
    return await answer_started(services, caller.workspace_id, started, response, prefer, accept)
