"""Queries on workflows and versions."""

import re
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, exists, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from api.workflows.version_cache import MAX_VERSION
from db.tables import Run, Workflow, WorkflowVersion
from engine.blob_store import load_plan
from engine.run_orders import plan_reference
from schemas.agent_documents import WorkflowType
from schemas.messages import PlanRef
from schemas.plan import PinnedVersion
from schemas.reach import plan_asks_person

_REFERENCE: Final = re.compile(r"([a-z0-9][a-z0-9-]{0,99})(?:@([1-9][0-9]{0,9}))?")

PUBLISHED: Final = WorkflowVersion.version > 0
"""Version 0 is a draft that was tried out."""


async def insert_workflow(
    session: AsyncSession,
    workspace_id: UUID,
    slug: str,
    name: str,
    *,
    description: str | None = None,
    tags: Iterable[str] = (),
    workflow_type: WorkflowType = WorkflowType.WORKFLOW,
) -> Workflow | None:
    """Create a workflow; nothing if there is one of this slug already."""
    named = {"slug": slug, "name": name, "description": description, "tags": list(tags), "type": workflow_type}
    row = insert(Workflow).values(id=uuid4(), workspace_id=workspace_id, **named)
    return (await session.scalars(row.on_conflict_do_nothing().returning(Workflow))).one_or_none()


async def lock_workflow(session: AsyncSession, slug: str) -> Workflow | None:
    """A workflow, locked against other writers until the transaction ends; runs of it start nevertheless."""
    query = select(Workflow).where(Workflow.slug == slug).with_for_update(key_share=True)
    return (await session.scalars(query)).one_or_none()


async def find_workflow(session: AsyncSession, slug: str) -> Workflow | None:
    """A workflow, archived or not."""
    return (await session.scalars(select(Workflow).where(Workflow.slug == slug))).one_or_none()


async def has_history(session: AsyncSession, workflow_id: UUID) -> bool:
    """Whether anything was ever published or run."""
    versions = exists().where(WorkflowVersion.workflow_id == workflow_id)
    runs = exists().where(Run.workflow_id == workflow_id)
    return bool(await session.scalar(select(versions | runs)))


async def delete_workflow(session: AsyncSession, workflow_id: UUID) -> None:
    """Delete a workflow that has no history, with its draft."""
    await session.execute(delete(Workflow).where(Workflow.id == workflow_id))


async def newest_version(session: AsyncSession, workflow_id: UUID) -> WorkflowVersion | None:
    """The newest published version of a workflow."""
    query = select(WorkflowVersion).where(WorkflowVersion.workflow_id == workflow_id, PUBLISHED)
    return (await session.scalars(query.order_by(WorkflowVersion.version.desc()).limit(1))).one_or_none()


async def add_version(
    session: AsyncSession,
    workflow: Workflow,
    number: int,
    document: dict[str, Any],
    plan: PlanRef,
    *,
    author: str,
    note: str | None,
) -> WorkflowVersion:
    """Insert a published version."""
    version = WorkflowVersion(
        id=uuid4(),
        workspace_id=workflow.workspace_id,
        workflow_id=workflow.id,
        version=number,
        document=document,
        plan_hash=plan.plan_hash,
        blob_hash=plan.blob_hash,
        blob_size=plan.size,
        author=author,
        note=note,
    )
    session.add(version)
    await session.flush()
    await session.refresh(version, ["created_at"])
    return version


async def list_versions(
    session: AsyncSession, workflow_id: UUID, *, before: int | None = None, limit: int
) -> list[WorkflowVersion]:
    """Published versions without their documents, the newest first."""
    query = (
        select(WorkflowVersion)
        .options(defer(WorkflowVersion.document))
        .where(WorkflowVersion.workflow_id == workflow_id, PUBLISHED)
        .order_by(WorkflowVersion.version.desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(WorkflowVersion.version < before)
    return list(await session.scalars(query))


async def find_version(session: AsyncSession, workflow_id: UUID, number: int) -> WorkflowVersion | None:
    """A published version."""
    query = select(WorkflowVersion).where(
        WorkflowVersion.workflow_id == workflow_id, PUBLISHED, WorkflowVersion.version == number
    )
    return (await session.scalars(query)).one_or_none()


async def find_pinned(session: AsyncSession, references: Iterable[str]) -> dict[str, PinnedVersion]:
    """The versions that references (`slug` or `slug@3`) mean now; those that do not exist are left out."""
    wanted = {reference: parts for reference in references if (parts := _parts(reference)) is not None}
    numbered = [parts for parts in wanted.values() if parts[1] is not None]
    newest = [slug for slug, number in wanted.values() if number is None]
    found: dict[tuple[str, int | None], PinnedVersion] = {}
    if numbered:
        found |= await _pinned(session, tuple_(Workflow.slug, WorkflowVersion.version).in_(numbered), newest=False)
    if newest:
        found |= await _pinned(session, Workflow.slug.in_(newest), newest=True)
    return {reference: found[parts] for reference, parts in wanted.items() if parts in found}


def _parts(reference: str) -> tuple[str, int | None] | None:
    parts = _REFERENCE.fullmatch(reference)
    number = int(parts[2]) if parts is not None and parts[2] else None
    return None if parts is None or (number or 0) > MAX_VERSION else (parts[1], number)


async def _pinned(
    session: AsyncSession, which: ColumnElement[bool], *, newest: bool
) -> dict[tuple[str, int | None], PinnedVersion]:
    """Versions of workflows that are not archived; if asked for the newest, one per workflow."""
    query = (
        select(Workflow.slug, WorkflowVersion)
        .join(WorkflowVersion, WorkflowVersion.workflow_id == Workflow.id)
        .options(defer(WorkflowVersion.document))
        .where(which, PUBLISHED, Workflow.archived_at.is_(None))
        .order_by(Workflow.slug, WorkflowVersion.version.desc())
    )
    if newest:
        query = query.ext(distinct_on(Workflow.slug))
    return {
        (slug, None if newest else version.version): PinnedVersion(
            workflow=slug,
            version=version.version,
            version_id=str(version.id),
            plan_hash=version.plan_hash,
            blob_hash=version.blob_hash,
            size=version.blob_size,
            asks_person=plan_asks_person(await load_plan(session, plan_reference(version))),
        )
        for slug, version in (await session.execute(query)).all()
    }
