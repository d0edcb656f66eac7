"""Routes of agents: created, found, saved, published, put away.

An agent is a workflow of one node: tags, previews, exports and imports are at `/v1/workflows/{slug}` for agents too.
"""

from typing import Annotated

from fastapi import Path, Query, Response, status

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.agents import service, uses
from api.agents.models import AgentDetail, AgentDraft, AgentPage, AgentUses, CreateAgent, SaveAgent
from api.requests import Cursor, Limit
from api.requests import router as feature_router
from api.services import CurrentServices
from api.workflows.draft_models import CloneWorkflow, PublishDraft
from api.workflows.models import PublishedVersion
from api.workflows.revisions import IfMatch, expected_revision

router = feature_router("agents")

AgentSlug = Annotated[str, Path(max_length=200, description="Slug of the agent.")]


def _answer(draft: AgentDraft, response: Response, *, created: bool = False) -> AgentDraft:
    """Tell the revision, and where the agent is if it is new."""
    response.headers["ETag"] = f'"{draft.revision}"'
    if created:
        response.headers["Location"] = f"/v1/agents/{draft.slug}"
    return draft


@router.get("/v1/agents", operation_id="list_agents")
async def list_agents(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    q: Annotated[
        str | None, Query(max_length=200, description="Words to be found in slug, name, description or tags.")
    ] = None,
    tag: Annotated[list[str] | None, Query(max_length=20, description="Only with this tag; repeatable.")] = None,
    archived: Annotated[bool, Query(description="Archived agents instead of the others.")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> AgentPage:
    """Agents by slug, each with its newest version, its draft and how its last runs went."""
    async with services.database.tenant(workspace) as session:
        return await service.list_agents(session, text=q, tags=tag or [], archived=archived, cursor=cursor, limit=limit)


@router.post("/v1/agents", operation_id="create_agent", status_code=status.HTTP_201_CREATED)
async def create_agent(
    services: CurrentServices, caller: CurrentCaller, body: CreateAgent, response: Response
) -> AgentDraft:
    """Create an agent that has a draft only; it can be run when the draft is published."""
    return _answer(await service.create_agent(services, caller.actor, body), response, created=True)


@router.get("/v1/agents/{slug}", operation_id="get_agent")
async def get_agent(services: CurrentServices, workspace: CurrentWorkspace, slug: AgentSlug) -> AgentDetail:
    """An agent and its versions."""
    async with services.database.tenant(workspace) as session:
        return await service.get_agent(session, slug)


@router.delete("/v1/agents/{slug}", operation_id="delete_agent", status_code=status.HTTP_204_NO_CONTENT)
async def delete_agent(services: CurrentServices, caller: CurrentCaller, slug: AgentSlug) -> None:
    """Delete an agent that was never published nor tried out; any other can be archived."""
    await service.delete_agent(services, caller.actor, slug)


@router.get("/v1/agents/{slug}/draft", operation_id="get_agent_draft")
async def get_draft(
    services: CurrentServices, workspace: CurrentWorkspace, slug: AgentSlug, response: Response
) -> AgentDraft:
    """The draft of an agent with all its faults."""
    return _answer(await service.get_draft(services, workspace, slug), response)


@router.put("/v1/agents/{slug}/draft", operation_id="save_agent_draft")
async def save_draft(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: AgentSlug,
    body: SaveAgent,
    response: Response,
    if_match: IfMatch = None,
) -> AgentDraft:
    """Save the draft on top of the revision that was edited. If somebody was faster, the 409 holds both sides."""
    expected = expected_revision(if_match, body.revision)
    return _answer(await service.save_draft(services, caller.actor, slug, body, expected), response)


@router.post(
    "/v1/agents/{slug}/publish",
    operation_id="publish_agent",
    status_code=status.HTTP_201_CREATED,
    responses={status.HTTP_200_OK: {"model": PublishedVersion, "description": "Unchanged; nothing was published."}},
)
async def publish_agent(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: AgentSlug,
    body: PublishDraft,
    response: Response,
    if_match: IfMatch = None,
) -> PublishedVersion:
    """Publish the draft as a new version. Runs and conversations that have begun a turn stay on theirs for it."""
    expected = expected_revision(if_match, body.revision)
    published = await service.publish(services, caller.actor, slug, body, expected)
    response.headers["Location"] = f"/v1/agents/{published.slug}/versions/{published.version}"
    response.status_code = status.HTTP_201_CREATED if published.created else status.HTTP_200_OK
    return published


@router.post("/v1/agents/{slug}/clone", operation_id="clone_agent", status_code=status.HTTP_201_CREATED)
async def clone_agent(
    services: CurrentServices, caller: CurrentCaller, slug: AgentSlug, body: CloneWorkflow, response: Response
) -> AgentDraft:
    """Copy the draft, or a version, of an agent into the draft of a new one."""
    return _answer(await service.clone_agent(services, caller.actor, slug, body), response, created=True)


@router.post("/v1/agents/{slug}/archive", operation_id="archive_agent")
async def archive_agent(services: CurrentServices, caller: CurrentCaller, slug: AgentSlug) -> AgentDetail:
    """Put an agent away: it starts no runs and is not listed."""
    return await service.set_archived(services, caller.actor, slug, archived=True)


@router.post("/v1/agents/{slug}/unarchive", operation_id="unarchive_agent")
async def unarchive_agent(services: CurrentServices, caller: CurrentCaller, slug: AgentSlug) -> AgentDetail:
    """Bring an archived agent back."""
    return await service.set_archived(services, caller.actor, slug, archived=False)


@router.get("/v1/agents/{slug}/uses", operation_id="get_agent_uses")
async def get_uses(services: CurrentServices, workspace: CurrentWorkspace, slug: AgentSlug) -> AgentUses:
    """Workflows and agents whose newest version or draft names this agent."""
    async with services.database.tenant(workspace) as session:
        return await uses.find_uses(session, slug)
