"""Crews are workflows of one node: what is said here about their settings becomes documents, and back."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.crews import models
from api.errors import not_found
from api.runs.models import StartRun
from api.runs.service import Started
from api.runs.service import start_run as start
from api.services import Services
from api.workflows import catalogue, drafts, publishing, trials
from api.workflows.draft_models import CloneWorkflow, CreateWorkflow, Draft, PublishDraft
from api.workflows.lookup import require_draft, require_workflow
from api.workflows.models import PublishedVersion
from api.workflows.one_node import saved_document, shown
from api.workflows.trial_models import RunDraft
from db.audit import Actor
from schemas.crew_documents import CREWS


async def list_crews(
    session: AsyncSession, *, text: str | None, tags: list[str], archived: bool, cursor: str | None, limit: int
) -> models.CrewPage:
    """A page of crews: workflows whose draft is one."""
    page = await catalogue.list_workflows(
        session, text=text, tags=tags, archived=archived, cursor=cursor, limit=limit, sole_kind=CREWS.kind
    )
    return models.CrewPage(items=page.items, next_cursor=page.next_cursor)


async def create_crew(services: Services, author: Actor, body: models.CreateCrew) -> models.Crew:
    """Create a crew that has a draft only.

    Raises:
        RequestError: `conflict` if the slug is taken, `invalid_document` if the settings are not even an object's.
    """
    document = CREWS.document(body.name, body.config, description=body.description, limits=body.limits)
    wanted = CreateWorkflow(name=body.name, slug=body.slug, tags=body.tags, document=document)
    return described(await drafts.create_workflow(services, author, wanted))


async def get_crew(services: Services, workspace_id: UUID, slug: str) -> models.Crew:
    """The draft of a crew.

    Raises:
        RequestError: `not_found`, also for a workflow that is no crew.
    """
    return described(await drafts.get_draft(services, workspace_id, slug))


async def save_crew(services: Services, author: Actor, slug: str, body: models.SaveCrew, expected: int) -> models.Crew:
    """Save the draft of a crew on top of the revision that was edited; what it does not say stays.

    Raises:
        RequestError: `not_found`, `stale_revision`, `conflict` if it is archived.
    """
    async with services.database.tenant(author.workspace_id) as session:
        stored = await _stored(session, slug)
    document = saved_document(CREWS, stored, body)
    return described(await drafts.save_document(services, author, slug, document, expected))


async def publish_crew(
    services: Services, author: Actor, slug: str, body: PublishDraft, expected: int
) -> PublishedVersion:
    """Publish the draft of a crew.

    Raises:
        RequestError: `not_found`, `stale_revision`, `invalid_document` with all faults, `conflict`.
    """
    await _check(services, author.workspace_id, slug)
    return await publishing.publish_draft(services, author, slug, body, expected)


async def start_run(
    services: Services, author: Actor, slug: str, body: models.StartCrewRun, key: str | None
) -> Started:
    """Accept a run of a published crew.

    Raises:
        RequestError: `not_found`, and as `api.runs.service.start_run`.
    """
    await _check(services, author.workspace_id, slug)
    return await start(services, author, StartRun(workflow=slug, version=body.version, input=body.as_input()), key)


async def try_crew(services: Services, caller: Caller, slug: str, body: models.TryCrew, key: str | None) -> Started:
    """Start a test run of the draft.

    Raises:
        RequestError: `not_found`, and as `trials.run_draft`.
    """
    await _check(services, caller.workspace_id, slug)
    wanted = RunDraft(input=body.as_input(), revision=body.revision, confirm=body.confirm)
    return await trials.run_draft(services, caller, slug, wanted, key)


async def clone_crew(services: Services, author: Actor, slug: str, body: CloneWorkflow) -> models.Crew:
    """Copy a crew.

    Raises:
        RequestError: `not_found`, `conflict` if the slug is taken.
    """
    await _check(services, author.workspace_id, slug)
    return described(await drafts.clone_workflow(services, author, slug, body))


async def set_archived(services: Services, author: Actor, slug: str, *, archived: bool) -> models.Crew:
    """Put a crew away, or bring it back.

    Raises:
        RequestError: `not_found`.
    """
    await _check(services, author.workspace_id, slug)
    await catalogue.set_archived(services, author, slug, archived=archived)
    return await get_crew(services, author.workspace_id, slug)


async def delete_crew(services: Services, author: Actor, slug: str) -> None:
    """Delete a crew that was never published nor tried out.

    Raises:
        RequestError: `not_found`, `conflict`.
    """
    await _check(services, author.workspace_id, slug)
    await catalogue.delete_workflow(services, author, slug)


def described(draft: Draft) -> models.Crew:
    """A draft as people see crews.

    Raises:
        RequestError: `not_found` if it is none.
    """
    config = CREWS.config(draft.document)
    if config is None:
        raise not_found("crew", draft.slug)
    return models.Crew(**shown(draft, config))


async def _check(services: Services, workspace_id: UUID, slug: str) -> None:
    """Refuse what is no crew.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(workspace_id) as session:
        await _stored(session, slug)


async def _stored(session: AsyncSession, slug: str) -> dict[str, Any]:
    """The document of the draft of a crew."""
    document: dict[str, Any] = (await require_draft(session, await require_workflow(session, slug))).document
    if CREWS.config(document) is None:
        raise not_found("crew", slug)
    return document
