"""Publishing: from a text or a draft to a version that never changes."""

from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError
from api.services import Services
from api.workflows import drafts_repository, repository
from api.workflows.documents import Checked, check_document, check_value, same_content, slug_of
from api.workflows.draft_models import PublishDraft
from api.workflows.drafts_repository import StoredDraft
from api.workflows.lookup import (
    check_revision,
    lock_workflow,
    refuse_archived,
    refuse_other_shape,
    require_draft,
    require_workflow,
)
from api.workflows.models import PublishedVersion
from db import audit
from db.audit import Actor
from db.tables import Workflow, WorkflowVersion
from engine.blob_store import store_plan
from schemas.errors import ErrorCode
from schemas.plan import Plan, plan_hash


async def publish_text(
    services: Services, author: Actor, body: bytes, slug: str | None, note: str | None = None
) -> PublishedVersion:
    """Publish a document as the next version of its workflow, unless the newest has the same content.

    A draft that says nothing else than the version before moves on to the new one; any other is left alone.

    Raises:
        RequestError: `invalid_document` with all faults, `conflict` if the workflow is archived.
    """
    checked = await check_document(services.database, author.workspace_id, body)
    plan = _sound(checked)
    slug = slug or slug_of(plan.name)
    async with services.database.tenant(author.workspace_id) as session:
        workflow = await repository.lock_workflow(session, slug) or await _created(session, author, slug, plan)
        refuse_archived(workflow)
        refuse_other_shape(workflow, checked.document)
        draft = await drafts_repository.find_draft(session, workflow)
        version, created = await _publish(session, author, workflow, checked.document, plan, note)
        if created:
            await _move_draft(session, workflow, draft, version, author)
    services.versions.forget_newest(author.workspace_id, slug)
    return _published(workflow, version, created=created)


async def publish_draft(
    services: Services, author: Actor, slug: str, body: PublishDraft, expected: int
) -> PublishedVersion:
    """Publish the draft of a workflow.

    Raises:
        RequestError: `not_found`, `stale_revision`, `invalid_document` with all faults, `conflict` if the workflow is
            archived, or if a version was published past the draft and the caller does not say `over` which.
    """
    async with services.database.tenant(author.workspace_id) as session:
        draft = await require_draft(session, await require_workflow(session, slug))
        await check_revision(session, draft, expected)
    plan = _sound(await check_value(services.database, author.workspace_id, draft.document))
    async with services.database.tenant(author.workspace_id) as session:
        workflow = await lock_workflow(session, slug)
        refuse_archived(workflow)
        draft = await require_draft(session, workflow)
        await check_revision(session, draft, expected)
        await _refuse_past(session, draft, body.over)
        version, created = await _publish(session, author, workflow, draft.document, plan, body.note)
        state = replace(draft, base_version=version.version, changed=False, faults=0)
        await _keep(session, draft, state)
    services.versions.forget_newest(author.workspace_id, slug)
    return _published(workflow, version, created=created)


def _sound(checked: Checked) -> Plan:
    if checked.plan is None:
        message = f"The document has {len(checked.faults)} fault(s); nothing was published."
        raise RequestError(ErrorCode.INVALID_DOCUMENT, message, faults=checked.faults)
    return checked.plan


async def _created(session: AsyncSession, author: Actor, slug: str, plan: Plan) -> Workflow:
    """A workflow that is created by publishing its first version; or somebody else's who was faster."""
    while True:
        made = await repository.insert_workflow(session, author.workspace_id, slug, plan.name)
        found = made or await repository.lock_workflow(session, slug)
        if found is not None:
            return found


async def _publish(
    session: AsyncSession, author: Actor, workflow: Workflow, document: dict[str, Any], plan: Plan, note: str | None
) -> tuple[WorkflowVersion, bool]:
    """The version that holds the document now, and whether it is new."""
    newest = await repository.newest_version(session, workflow.id)
    if newest is not None and newest.plan_hash == plan_hash(plan) and await same_content(newest.document, document):
        return newest, False
    stored = await store_plan(session, workflow.workspace_id, plan)
    number = 1 if newest is None else newest.version + 1
    version = await repository.add_version(session, workflow, number, document, stored, author=author.name, note=note)
    workflow.name, workflow.description = plan.name, document.get("description")
    before = None if newest is None else _audited(newest)
    subject = ("workflow", workflow.slug)
    audit.record(session, author, "workflow.published", subject, before=before, after=_audited(version))
    return version, True


async def _move_draft(
    session: AsyncSession, workflow: Workflow, draft: StoredDraft | None, version: WorkflowVersion, author: Actor
) -> None:
    """Let the draft follow a version that was not published from it, if nothing of it gets lost."""
    moved = StoredDraft(
        workflow=workflow,
        revision=1 if draft is None else draft.revision + 1,
        document=version.document,
        base_version=version.version,
        changed=False,
        faults=0,
        saved_by=author.name,
        saved_at=version.created_at,
    )
    if draft is None or not draft.changed:
        await drafts_repository.save_draft(session, moved)
    elif await same_content(draft.document, version.document):
        await _keep(session, draft, replace(moved, revision=draft.revision, document=draft.document))


async def _keep(session: AsyncSession, draft: StoredDraft, state: StoredDraft) -> None:
    """Write where the draft stands now; its document stays."""
    if await drafts_repository.find_revision(session, draft.workflow, draft.revision) is None:
        await drafts_repository.save_draft(session, state)  # it was a version that never had a draft
    else:
        await drafts_repository.set_state(session, state)


async def _refuse_past(session: AsyncSession, draft: StoredDraft, over: int | None) -> None:
    newest = await repository.newest_version(session, draft.workflow.id)
    if newest is None or newest.version in (draft.base_version, over):
        return
    message = (
        f"Version {newest.version} was published by {newest.author or 'somebody'} after this draft was begun, and "
        f"publishing would undo it; compare both, then publish with `over: {newest.version}`."
    )
    details = {"newest": newest.version, "base_version": draft.base_version}
    raise RequestError(ErrorCode.CONFLICT, message, details=details)


def _audited(version: WorkflowVersion) -> dict[str, Any]:
    return {"version": version.version, "plan_hash": version.plan_hash, "note": version.note}


def _published(workflow: Workflow, version: WorkflowVersion, *, created: bool) -> PublishedVersion:
    return PublishedVersion(
        slug=workflow.slug,
        name=workflow.name,
        version=version.version,
        version_id=version.id,
        plan_hash=version.plan_hash,
        note=version.note,
        author=version.author,
        created=created,
        created_at=version.created_at,
    )
