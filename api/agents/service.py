"""Agents are workflows of one node: what is said here about configurations becomes documents, and back."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.agents import models, repository
from api.errors import not_found
from api.runs.models import StartRun
from api.runs.service import Started
from api.runs.service import start_run as start
from api.services import Services
from api.workflows import catalogue, drafts, publishing, trials, versions
from api.workflows.draft_models import CloneWorkflow, CreateWorkflow, Draft, PublishDraft
from api.workflows.lookup import require_draft, require_workflow
from api.workflows.models import PublishedVersion, VersionDiff, VersionPage, WorkflowSummary
from api.workflows.one_node import saved_document, shown
from api.workflows.trial_models import RunDraft
from db.audit import Actor
from db.tables import Workflow
from schemas.agent_documents import AGENTS, WorkflowType, agent_config


async def list_agents(
    session: AsyncSession, *, text: str | None, tags: list[str], archived: bool, cursor: str | None, limit: int
) -> models.AgentPage:
    """A page of agents."""
    page = await catalogue.list_workflows(
        session,
        text=text,
        tags=tags,
        archived=archived,
        cursor=cursor,
        limit=limit,
        workflow_type=WorkflowType.AGENT,
    )
    return models.AgentPage(items=await _shown(session, page.items), next_cursor=page.next_cursor)


async def get_agent(session: AsyncSession, slug: str) -> models.AgentDetail:
    """An agent.

    Raises:
        RequestError: `not_found`.
    """
    await require_agent(session, slug)
    detail = await catalogue.get_workflow(session, slug)
    [shown] = await _shown(session, [detail])
    return models.AgentDetail(**shown.model_dump(), versions=detail.versions)


async def require_agent(session: AsyncSession, slug: str) -> Workflow:
    """The row of an agent.

    Raises:
        RequestError: `not_found`, also for a workflow that is no agent.
    """
    workflow = await require_workflow(session, slug)
    if workflow.type != WorkflowType.AGENT:
        raise not_found("agent", slug)
    return workflow


async def check_agent(services: Services, workspace_id: UUID, slug: str) -> None:
    """Refuse what is no agent.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(workspace_id) as session:
        await require_agent(session, slug)


async def create_agent(services: Services, author: Actor, body: models.CreateAgent) -> models.AgentDraft:
    """Create an agent that has a draft only.

    Raises:
        RequestError: `conflict` if the slug is taken, `invalid_document` if the settings are not even an object's.
    """
    document = AGENTS.document(body.name, body.config, description=body.description, limits=body.limits)
    wanted = CreateWorkflow(name=body.name, slug=body.slug, tags=body.tags, document=document)
    return described(await drafts.create_workflow(services, author, wanted, WorkflowType.AGENT))


async def get_draft(services: Services, workspace_id: UUID, slug: str) -> models.AgentDraft:
    """The draft of an agent.

    Raises:
        RequestError: `not_found`.
    """
    await check_agent(services, workspace_id, slug)
    return described(await drafts.get_draft(services, workspace_id, slug))


async def save_draft(
    services: Services, author: Actor, slug: str, body: models.SaveAgent, expected: int
) -> models.AgentDraft:
    """Save the draft of an agent on top of the revision that was edited; what it does not say stays.

    Raises:
        RequestError: `not_found`, `stale_revision`, `conflict` if it is archived.
    """
    async with services.database.tenant(author.workspace_id) as session:
        stored = (await require_draft(session, await require_agent(session, slug))).document
    document = saved_document(AGENTS, stored, body)
    return described(await drafts.save_document(services, author, slug, document, expected))


async def publish(services: Services, author: Actor, slug: str, body: PublishDraft, expected: int) -> PublishedVersion:
    """Publish the draft of an agent.

    Raises:
        RequestError: `not_found`, `stale_revision`, `invalid_document` with all faults, `conflict`.
    """
    await check_agent(services, author.workspace_id, slug)
    return await publishing.publish_draft(services, author, slug, body, expected)


async def restore_version(
    services: Services, author: Actor, slug: str, version: int, expected: int
) -> models.AgentDraft:
    """Make a version the draft.

    Raises:
        RequestError: `not_found`, `stale_revision`, `conflict` if it is archived.
    """
    await check_agent(services, author.workspace_id, slug)
    return described(await drafts.restore_version(services, author, slug, version, expected))


async def clone_agent(services: Services, author: Actor, slug: str, body: CloneWorkflow) -> models.AgentDraft:
    """Copy an agent.

    Raises:
        RequestError: `not_found`, `conflict` if the slug is taken.
    """
    await check_agent(services, author.workspace_id, slug)
    return described(await drafts.clone_workflow(services, author, slug, body))


async def set_archived(services: Services, author: Actor, slug: str, *, archived: bool) -> models.AgentDetail:
    """Put an agent away, or bring it back.

    Raises:
        RequestError: `not_found`.
    """
    await check_agent(services, author.workspace_id, slug)
    await catalogue.set_archived(services, author, slug, archived=archived)
    async with services.database.tenant(author.workspace_id) as session:
        return await get_agent(session, slug)


async def delete_agent(services: Services, author: Actor, slug: str) -> None:
    """Delete an agent that was never published nor tried out.

    Raises:
        RequestError: `not_found`, `conflict`.
    """
    await check_agent(services, author.workspace_id, slug)
    await catalogue.delete_workflow(services, author, slug)


async def list_versions(session: AsyncSession, slug: str, cursor: str | None, limit: int) -> VersionPage:
    """A page of versions.

    Raises:
        RequestError: `not_found`.
    """
    await require_agent(session, slug)
    return await versions.list_versions(session, slug, cursor, limit)


async def get_version(session: AsyncSession, slug: str, version: int) -> models.AgentVersion:
    """A version with its configuration.

    Raises:
        RequestError: `not_found`.
    """
    await require_agent(session, slug)
    found = await versions.get_version(session, slug, version)
    return models.AgentVersion(
        **found.model_dump(exclude={"document", "input_schema"}),
        description=found.document.get("description"),
        config=agent_config(found.document),
        limits=found.document.get("limits"),
    )


async def diff_versions(session: AsyncSession, slug: str, before: str, after: str) -> VersionDiff:
    """What differs between two versions, or a version and the draft.

    Raises:
        RequestError: `not_found`.
    """
    await require_agent(session, slug)
    return await versions.diff_versions(session, slug, before, after)


async def try_agent(services: Services, caller: Caller, slug: str, body: models.TryAgent, key: str | None) -> Started:
    """Start a test run of the draft.

    Raises:
        RequestError: as `trials.run_draft`.
    """
    await check_agent(services, caller.workspace_id, slug)
    wanted = RunDraft(input=body.as_input(), revision=body.revision, confirm=body.confirm)
    return await trials.run_draft(services, caller, slug, wanted, key)


async def start_run(
    services: Services, author: Actor, slug: str, body: models.StartAgentRun, key: str | None
) -> Started:
    """Accept a run of a published agent.

    Raises:
        RequestError: as `api.runs.service.start_run`.
    """
    await check_agent(services, author.workspace_id, slug)
    return await start(services, author, StartRun(workflow=slug, version=body.version, input=body.as_input()), key)


def described(draft: Draft) -> models.AgentDraft:
    """A draft as people see agents."""
    return models.AgentDraft(**shown(draft, agent_config(draft.document)))


async def _shown(session: AsyncSession, items: list[WorkflowSummary] | list[Any]) -> list[models.AgentSummary]:
    faces = await repository.faces(session, [item.slug for item in items])
    return [
        models.AgentSummary(
            **item.model_dump(include=set(WorkflowSummary.model_fields)),
            model=faces[item.slug].model,
            tools=faces[item.slug].tools,
        )
        for item in items
    ]
