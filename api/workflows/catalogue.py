"""Finding, describing, tagging, archiving and deleting workflows."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError, not_found
from api.requests import decode_cursor, encode_cursor
from api.services import Services
from api.workflows import catalogue_repository, repository
from api.workflows.catalogue_repository import LastRuns, ListedWorkflow, Outcome
from api.workflows.lookup import lock_workflow
from api.workflows.models import (
    DraftState,
    DraftSummary,
    LastRun,
    RecentRun,
    WorkflowDetail,
    WorkflowPage,
    WorkflowSummary,
)
from api.workflows.tags import cleaned
from api.workflows.versions import summarize
from db import audit
from db.audit import Actor
from schemas.agent_documents import WorkflowType
from schemas.errors import ErrorCode
from schemas.messages import RunStatus

LISTED_VERSIONS: Final = 100


async def list_workflows(
    session: AsyncSession,
    *,
    text: str | None,
    tags: list[str],
    archived: bool | None,
    cursor: str | None,
    limit: int,
    workflow_type: WorkflowType | None = WorkflowType.WORKFLOW,
    sole_kind: str | None = None,
) -> WorkflowPage:
    """A page of workflows; with `sole_kind` only of those that are one node of a kind."""
    rows = await catalogue_repository.list_workflows(
        session,
        words=(text or "").split(),
        tags=tags,
        archived=archived,
        workflow_type=workflow_type,
        sole_kind=sole_kind,
        after=decode_cursor(cursor, 1)[0] if cursor is not None else None,
        limit=limit + 1,
    )
    runs = await catalogue_repository.last_runs(session, [row.workflow.id for row in rows[:limit]])
    items = [_summary(row, runs.get(row.workflow.id)) for row in rows[:limit]]
    more = encode_cursor(items[-1].slug) if len(rows) > limit else None
    return WorkflowPage(items=items, next_cursor=more)


async def get_workflow(session: AsyncSession, slug: str) -> WorkflowDetail:
    """A workflow.

    Raises:
        RequestError: `not_found`.
    """
    row = await catalogue_repository.find_listed(session, slug)
    if row is None:
        raise not_found("workflow", slug)
    runs = await catalogue_repository.last_runs(session, [row.workflow.id])
    versions = await repository.list_versions(session, row.workflow.id, limit=LISTED_VERSIONS)
    summary = _summary(row, runs.get(row.workflow.id))
    return WorkflowDetail(**summary.model_dump(), versions=[summarize(version) for version in versions])


async def set_archived(services: Services, author: Actor, slug: str, *, archived: bool) -> WorkflowDetail:
    """Put a workflow away, or bring it back. Runs that have begun go on.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(author.workspace_id) as session:
        workflow = await lock_workflow(session, slug)
        if archived is (workflow.archived_at is None):
            workflow.archived_at = datetime.now(UTC) if archived else None
            action = "workflow.archived" if archived else "workflow.unarchived"
            audit.record(session, author, action, ("workflow", slug), after={"archived": archived})
            await session.flush()
        shown = await get_workflow(session, slug)
    services.versions.forget(author.workspace_id, slug)
    return shown


async def set_tags(services: Services, author: Actor, slug: str, tags: list[str]) -> WorkflowDetail:
    """Give a workflow these tags and no others.

    Raises:
        RequestError: `not_found`.
    """
    async with services.database.tenant(author.workspace_id) as session:
        workflow = await lock_workflow(session, slug)
        before, after = workflow.tags, cleaned(tags)
        if before != after:
            workflow.tags = after
            subject = ("workflow", slug)
            audit.record(session, author, "workflow.tagged", subject, before={"tags": before}, after={"tags": after})
            await session.flush()
        return await get_workflow(session, slug)


async def delete_workflow(services: Services, author: Actor, slug: str) -> None:
    """Delete a workflow that was never published nor tried out.

    Raises:
        RequestError: `not_found`, `conflict` if anything refers to it; it can be archived then.
    """
    async with services.database.tenant(author.workspace_id) as session:
        workflow = await lock_workflow(session, slug)
        if await repository.has_history(session, workflow.id):
            message = f"The workflow {slug!r} was published or run, so its history stays; archive it instead."
            raise RequestError(ErrorCode.CONFLICT, message)
        before = {"name": workflow.name, "tags": workflow.tags}
        await repository.delete_workflow(session, workflow.id)
        audit.record(session, author, "workflow.deleted", ("workflow", slug), before=before)


def _summary(row: ListedWorkflow, runs: LastRuns | None) -> WorkflowSummary:
    edited_by, edited_at = _edited(row)
    outcomes = [] if runs is None else runs.outcomes
    return WorkflowSummary(
        slug=row.workflow.slug,
        type=WorkflowType(row.workflow.type),
        name=row.workflow.name,
        description=row.workflow.description,
        tags=row.workflow.tags,
        version=None if row.version is None else row.version.version,
        created_at=row.workflow.created_at,
        published_at=None if row.version is None else row.version.created_at,
        archived_at=row.workflow.archived_at,
        draft=_draft(row),
        last_run=None
        if runs is None
        else LastRun(id=outcomes[0].run_id, status=outcomes[0].status, created_at=runs.created_at),
        success_rate=_success_rate(outcomes),
        recent_runs=[
            RecentRun(id=outcome.run_id, status=outcome.status, seconds=outcome.seconds)
            for outcome in reversed(outcomes)
        ],
        edited_by=edited_by,
        edited_at=edited_at,
    )


def _success_rate(outcomes: list[Outcome]) -> float | None:
    ended = [outcome.status for outcome in outcomes if outcome.status.ended]
    return ended.count(RunStatus.COMPLETED) / len(ended) if ended else None


def _edited(row: ListedWorkflow) -> tuple[str | None, datetime]:
    """Who changed the workflow last, and when."""
    edits: list[tuple[str | None, datetime]] = []
    if row.saved is not None:
        edits.append((row.saved.saved_by, row.saved.saved_at))
    if row.version is not None:
        edits.append((row.version.author, row.version.created_at))
    return max([*edits, (None, row.workflow.created_at)], key=lambda edit: edit[1])


def _draft(row: ListedWorkflow) -> DraftSummary | None:
    if row.draft is None or row.saved is None:
        return None
    state = DraftState.FAULTY if row.draft.faults else DraftState.CHANGED
    return DraftSummary(
        state=state if row.draft.changed else DraftState.UNCHANGED,
        revision=row.draft.revision,
        base_version=row.draft.base_version,
        saved_by=row.saved.saved_by,
        saved_at=row.saved.saved_at,
    )
