"""Routes of versions of agents."""

from typing import Annotated

from fastapi import Path, Response

from api.access.caller import CurrentCaller, CurrentWorkspace
from api.agents import service
from api.agents.models import AgentDraft, AgentVersion
from api.agents.router import AgentSlug
from api.requests import Cursor, Limit
from api.requests import router as feature_router
from api.services import CurrentServices
from api.workflows.draft_models import RestoreVersion
from api.workflows.models import VersionDiff, VersionPage
from api.workflows.revisions import IfMatch, expected_revision
from api.workflows.versions_router import Revision

router = feature_router("agents")


@router.get("/v1/agents/{slug}/versions", operation_id="list_agent_versions")
async def list_versions(
    services: CurrentServices,
    workspace: CurrentWorkspace,
    slug: AgentSlug,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> VersionPage:
    """Published versions, the newest first."""
    async with services.database.tenant(workspace) as session:
        return await service.list_versions(session, slug, cursor, limit)


@router.get("/v1/agents/{slug}/versions/{version}", operation_id="get_agent_version")
async def get_version(
    services: CurrentServices, workspace: CurrentWorkspace, slug: AgentSlug, version: int
) -> AgentVersion:
    """A version with its configuration."""
    async with services.database.tenant(workspace) as session:
        return await service.get_version(session, slug, version)


@router.get("/v1/agents/{slug}/diff", operation_id="diff_agent_versions")
async def diff_versions(
    services: CurrentServices, workspace: CurrentWorkspace, slug: AgentSlug, before: Revision, after: Revision = "draft"
) -> VersionDiff:
    """What differs between two versions, or between a version and the draft."""
    async with services.database.tenant(workspace) as session:
        return await service.diff_versions(session, slug, before, after)


@router.post("/v1/agents/{slug}/versions/{version}/restore", operation_id="restore_agent_version")
async def restore_version(
    services: CurrentServices,
    caller: CurrentCaller,
    slug: AgentSlug,
    version: Annotated[int, Path(description="Number of the version.")],
    body: RestoreVersion,
    response: Response,
    if_match: IfMatch = None,
) -> AgentDraft:
    """Make the configuration of a version the draft; nothing is published by that."""
    expected = expected_revision(if_match, body.revision)
    restored = await service.restore_version(services, caller.actor, slug, version, expected)
    response.headers["ETag"] = f'"{restored.revision}"'
    return restored
