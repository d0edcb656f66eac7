"""Drafts: created, read, saved on top of the revision that was edited, set back to a version."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError
from api.services import Services
from api.workflows import drafts_repository, repository
from api.workflows.documents import Checked, check_document, check_value, fault_problems, same_content, slug_of
from api.workflows.draft_models import CloneWorkflow, CreateWorkflow, Draft
from api.workflows.drafts_repository import StoredDraft
from api.workflows.lookup import (
    check_revision,
    lock_workflow,
    refuse_archived,
    refuse_other_shape,
    require_draft,
    require_version,
    require_workflow,
)
from api.workflows.slugs import insert_under_free_slug
from api.workflows.tags import cleaned
from db import audit
from db.audit import Actor
from db.tables import Workflow
from schemas.agent_documents import WorkflowType
from schemas.document import FORMAT
from schemas.draft_document import outline_faults
from schemas.errors import ErrorCode
from schemas.faults import Fault


async def create_workflow(
    services: Services, author: Actor, body: CreateWorkflow, workflow_type: WorkflowType = WorkflowType.WORKFLOW
) -> Draft:
    """Create a workflow that has a draft only.

    Raises:
        RequestError: `conflict` if the slug is taken, `invalid_document` if the document has not even its outline.
    """
    begun = body.document or {"nodes": [], "edges": []}
    document = {"format": FORMAT, **begun, "name": body.name}
    return await _create(
        services, author, document, slug=body.slug, tags=cleaned(body.tags), workflow_type=workflow_type
    )


async def import_document(services: Services, author: Actor, body: bytes, slug: str | None) -> Draft:
    """Create a workflow from the text of a document, whatever faults it has.

    Raises:
        RequestError: `conflict` if the slug is taken, `invalid_document` if there is no reading the text.
    """
    checked = await check_document(services.database, author.workspace_id, body)
    await _refuse_unkeepable(checked)
    return await _create(services, author, checked.document, slug=slug, checked=checked)


async def clone_workflow(services: Services, author: Actor, slug: str, body: CloneWorkflow) -> Draft:
    """Copy the draft or a version of a workflow into the draft of a new one.

    Raises:
        RequestError: `not_found`, `conflict` if the slug is taken.
    """
    async with services.database.tenant(author.workspace_id) as session:
        workflow = await require_workflow(session, slug)
        if body.version is None:
            document = (await require_draft(session, workflow)).document
        else:
            document = (await require_version(session, workflow, body.version)).document
    name = body.name or f"{workflow.name[:190]} (copy)"
    copy = {**document, "name": name}
    return await _create(
        services,
        author,
        copy,
        slug=body.slug,
        tags=workflow.tags,
        copied_from=slug,
        workflow_type=WorkflowType(workflow.type),
    )


async def get_draft(services: Services, workspace_id: UUID, slug: str) -> Draft:
    """The draft of a workflow, checked against the workflows that it refers to as they are now.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(workspace_id) as session:
        draft = await require_draft(session, await require_workflow(session, slug))
    return describe(draft, await check_value(services.database, workspace_id, draft.document))


async def save_document(services: Services, author: Actor, slug: str, document: Any, expected: int) -> Draft:
    """Save a draft on top of the revision that was edited.

    Raises:
        RequestError: `not_found`, `stale_revision`, `conflict` if it is archived, `invalid_document`.
    """
    await _check_outline(document)
    checked = await check_value(services.database, author.workspace_id, document)
    return await _save(services, author, slug, checked, expected)


async def save_text(services: Services, author: Actor, slug: str, body: bytes, expected: int) -> Draft:
    """The same for the text of a document; its faults then have a line.

    Raises:
        RequestError: as for `save_document`.
    """
    checked = await check_document(services.database, author.workspace_id, body)
    await _refuse_unkeepable(checked)
    return await _save(services, author, slug, checked, expected)


async def restore_version(services: Services, author: Actor, slug: str, number: int, expected: int) -> Draft:
    """Save the document of a version as the draft.

    Raises:
        RequestError: `not_found`, `stale_revision`, `conflict` if it is archived.
    """
    async with services.database.tenant(author.workspace_id) as session:
        version = await require_version(session, await require_workflow(session, slug), number)
    checked = await check_value(services.database, author.workspace_id, version.document)
    return await _save(services, author, slug, checked, expected, restored=number)


def describe(draft: StoredDraft, checked: Checked) -> Draft:
    """The answer about a draft."""
    return Draft(
        slug=draft.workflow.slug,
        name=draft.workflow.name,
        revision=draft.revision,
        document=draft.document,
        faults=checked.faults,
        base_version=draft.base_version,
        changed=draft.changed,
        saved_by=draft.saved_by,
        saved_at=draft.saved_at,
    )


async def _create(
    services: Services,
    author: Actor,
    document: dict[str, Any],
    *,
    slug: str | None,
    tags: list[str] | None = None,
    checked: Checked | None = None,
    copied_from: str | None = None,
    workflow_type: WorkflowType = WorkflowType.WORKFLOW,
) -> Draft:
    if checked is None:
        await _check_outline(document)
        checked = await check_value(services.database, author.workspace_id, document)
    name = document.get("name") or slug or "Untitled"
    async with services.database.tenant(author.workspace_id) as session:
        workflow = await insert_under_free_slug(
            session,
            author.workspace_id,
            slug=slug,
            wanted=slug_of(name),
            name=name,
            description=document.get("description"),
            tags=tags or [],
            workflow_type=workflow_type,
        )
        draft = await _begin(session, workflow, document, author, len(checked.faults))
        after = {"name": name, "type": workflow_type, "copied_from": copied_from}
        audit.record(session, author, "workflow.created", ("workflow", workflow.slug), after=after)
    return describe(draft, checked)


async def _begin(
    session: AsyncSession, workflow: Workflow, document: dict[str, Any], author: Actor, faults: int
) -> StoredDraft:
    draft = StoredDraft(
        workflow=workflow,
        revision=1,
        document=document,
        base_version=None,
        changed=True,
        faults=faults,
        saved_by=author.name,
        saved_at=workflow.created_at,
    )
    return await drafts_repository.save_draft(session, draft)


async def _save(
    services: Services, author: Actor, slug: str, checked: Checked, expected: int, *, restored: int | None = None
) -> Draft:
    async with services.database.tenant(author.workspace_id) as session:
        workflow = await lock_workflow(session, slug)
        refuse_archived(workflow)
        refuse_other_shape(workflow, checked.document)
        stored = await require_draft(session, workflow)
        await check_revision(session, stored, expected)
        if stored.document == checked.document:
            return describe(stored, checked)
        newest = await repository.newest_version(session, workflow.id)
        draft = replace(
            stored,
            revision=stored.revision + 1,
            document=checked.document,
            changed=newest is None or not await same_content(newest.document, checked.document),
            faults=len(checked.faults),
            saved_by=author.name,
            base_version=newest.version if restored is not None and newest is not None else stored.base_version,
        )
        draft = await drafts_repository.save_draft(session, draft)
        if newest is None:
            _rename(workflow, checked.document)
        _record(session, author, stored, draft, restored)
    return describe(draft, checked)


def _record(
    session: AsyncSession, author: Actor, before: StoredDraft, after: StoredDraft, restored: int | None
) -> None:
    action = "workflow.draft_saved" if restored is None else "workflow.version_restored"
    said = {"revision": after.revision, "faults": after.faults}
    if restored is not None:
        said["version"] = restored
    subject = ("workflow", after.workflow.slug)
    audit.record(session, author, action, subject, before={"revision": before.revision}, after=said)


def _rename(workflow: Workflow, document: dict[str, Any]) -> None:
    """A workflow that was never published is called what its draft is called."""
    workflow.name = document.get("name") or workflow.name
    workflow.description = document.get("description")


async def _check_outline(document: Any) -> None:
    if faults := await asyncio.to_thread(outline_faults, document):
        raise _unkeepable(faults)


async def _refuse_unkeepable(checked: Checked) -> None:
    if await asyncio.to_thread(outline_faults, checked.document):
        raise RequestError(
            ErrorCode.INVALID_DOCUMENT,
            "The text is no workflow document, not even one with faults; nothing was saved.",
            faults=checked.faults,
        )


def _unkeepable(faults: list[Fault]) -> RequestError:
    message = f"The document has {len(faults)} fault(s) that an editor could not show; nothing was saved."
    return RequestError(ErrorCode.INVALID_DOCUMENT, message, faults=fault_problems(faults))
