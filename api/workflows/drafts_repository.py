"""Queries on drafts."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.workflows.repository import newest_version
from db.tables import DraftRevision, Workflow, WorkflowDraft

KEPT_REVISIONS: Final = 20
"""So many revisions behind, an editor still gets what it had started from."""

_NOBODY: Final = "unknown"


@dataclass(frozen=True)
class StoredDraft:
    """A draft as it stands."""

    workflow: Workflow
    revision: int
    document: dict[str, Any]
    base_version: int | None
    changed: bool
    faults: int
    saved_by: str
    saved_at: datetime


async def find_draft(session: AsyncSession, workflow: Workflow) -> StoredDraft | None:
    """The draft of a workflow. One that was published without ever having a draft has its newest version as such."""
    query = (
        select(WorkflowDraft, DraftRevision)
        .join(
            DraftRevision,
            (DraftRevision.workflow_id == WorkflowDraft.workflow_id)
            & (DraftRevision.revision == WorkflowDraft.revision),
        )
        .where(WorkflowDraft.workflow_id == workflow.id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return await _from_newest(session, workflow)
    state, saved = row
    return StoredDraft(
        workflow,
        state.revision,
        saved.document,
        state.base_version,
        state.changed,
        state.faults,
        saved.saved_by,
        saved.saved_at,
    )


async def find_revision(session: AsyncSession, workflow: Workflow, revision: int) -> DraftRevision | None:
    """An earlier state of the draft, if it is still kept."""
    return await session.get(DraftRevision, (workflow.id, revision))


async def save_draft(session: AsyncSession, draft: StoredDraft) -> StoredDraft:
    """Write a new revision of a draft whose workflow is locked, and forget the oldest."""
    workflow = draft.workflow
    revision = DraftRevision(
        workflow_id=workflow.id,
        revision=draft.revision,
        workspace_id=workflow.workspace_id,
        document=draft.document,
        saved_by=draft.saved_by,
    )
    session.add(revision)
    await set_state(session, draft)
    await session.flush()
    await session.refresh(revision, ["saved_at"])
    oldest = draft.revision - KEPT_REVISIONS
    await session.execute(
        delete(DraftRevision).where(DraftRevision.workflow_id == workflow.id, DraftRevision.revision <= oldest)
    )
    return replace(draft, saved_at=revision.saved_at)


async def set_state(session: AsyncSession, draft: StoredDraft) -> None:
    """Write where a draft stands, its document apart."""
    state = {
        "revision": draft.revision,
        "base_version": draft.base_version,
        "changed": draft.changed,
        "faults": draft.faults,
    }
    row = insert(WorkflowDraft).values(workflow_id=draft.workflow.id, workspace_id=draft.workflow.workspace_id, **state)
    await session.execute(row.on_conflict_do_update(index_elements=[WorkflowDraft.workflow_id], set_=state))


async def _from_newest(session: AsyncSession, workflow: Workflow) -> StoredDraft | None:
    newest = await newest_version(session, workflow.id)
    if newest is None:
        return None
    return StoredDraft(
        workflow=workflow,
        revision=1,
        document=newest.document,
        base_version=newest.version,
        changed=False,
        faults=0,
        saved_by=newest.author or _NOBODY,
        saved_at=newest.created_at,
    )
