"""Queries on workflows and versions."""

import re
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from api.workflows.version_cache import MAX_VERSION
from db.tables import Workflow, WorkflowVersion
from schemas.messages import PlanRef
from schemas.plan import PinnedVersion

_LISTED_VERSIONS: Final = 100
_REFERENCE: Final = re.compile(r"([a-z0-9][a-z0-9-]{0,99})(?:@([1-9][0-9]{0,9}))?")


async def upsert_workflow(session: AsyncSession, workspace_id: UUID, slug: str, name: str) -> UUID:
    """The workflow of a slug, created if need be; locked, so that its versions are numbered one after the other."""
    row = insert(Workflow).values(id=uuid4(), workspace_id=workspace_id, slug=slug, name=name)
    upserted = row.on_conflict_do_update(
        index_elements=[Workflow.workspace_id, Workflow.slug], set_={"name": name, "archived_at": None}
    ).returning(Workflow.id)
    return (await session.execute(upserted)).scalar_one()


async def newest_version(session: AsyncSession, workflow_id: UUID) -> WorkflowVersion | None:
    """The newest version of a workflow."""
    query = select(WorkflowVersion).where(WorkflowVersion.workflow_id == workflow_id)
    return (await session.scalars(query.order_by(WorkflowVersion.version.desc()).limit(1))).one_or_none()


async def add_version(
    session: AsyncSession, workspace_id: UUID, workflow_id: UUID, number: int, document: dict[str, Any], plan: PlanRef
) -> WorkflowVersion:
    """Insert a version."""
    version = WorkflowVersion(
        id=uuid4(),
        workspace_id=workspace_id,
        workflow_id=workflow_id,
        version=number,
        document=document,
        plan_hash=plan.plan_hash,
        blob_hash=plan.blob_hash,
        blob_size=plan.size,
    )
    session.add(version)
    await session.flush()
    await session.refresh(version, ["created_at"])
    return version


async def find_pinned(session: AsyncSession, references: Iterable[str]) -> dict[str, PinnedVersion]:
    """The versions that references (`slug` or `slug@3`) mean now; those that do not exist are left out."""
    found = {reference: await _find_reference(session, reference) for reference in sorted(set(references))}
    return {reference: pinned for reference, pinned in found.items() if pinned is not None}


async def list_workflows(
    session: AsyncSession, after: str | None, limit: int
) -> list[tuple[Workflow, WorkflowVersion]]:
    """Workflows by slug, each with its newest version."""
    newest = (
        select(WorkflowVersion.workflow_id, func.max(WorkflowVersion.version).label("version"))
        .group_by(WorkflowVersion.workflow_id)
        .subquery()
    )
    query = (
        select(Workflow, WorkflowVersion)
        .join(newest, newest.c.workflow_id == Workflow.id)
        .join(
            WorkflowVersion,
            (WorkflowVersion.workflow_id == Workflow.id) & (WorkflowVersion.version == newest.c.version),
        )
        .options(defer(WorkflowVersion.document))
        .where(Workflow.archived_at.is_(None))
        .order_by(Workflow.slug)
        .limit(limit)
    )
    if after is not None:
        query = query.where(Workflow.slug > after)
    return [(row[0], row[1]) for row in await session.execute(query)]


async def find_workflow(session: AsyncSession, slug: str) -> Workflow | None:
    """A workflow."""
    query = select(Workflow).where(Workflow.slug == slug, Workflow.archived_at.is_(None))
    return (await session.scalars(query)).one_or_none()


async def list_versions(session: AsyncSession, workflow_id: UUID) -> list[WorkflowVersion]:
    """Versions of a workflow without their documents, the newest first."""
    query = (
        select(WorkflowVersion)
        .options(defer(WorkflowVersion.document))
        .where(WorkflowVersion.workflow_id == workflow_id)
        .order_by(WorkflowVersion.version.desc())
        .limit(_LISTED_VERSIONS)
    )
    return list(await session.scalars(query))


async def find_version(session: AsyncSession, slug: str, number: int) -> tuple[Workflow, WorkflowVersion] | None:
    """A version with its workflow."""
    query = (
        select(Workflow, WorkflowVersion)
        .join(WorkflowVersion, WorkflowVersion.workflow_id == Workflow.id)
        .where(Workflow.slug == slug, WorkflowVersion.version == number)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def _find_reference(session: AsyncSession, reference: str) -> PinnedVersion | None:
    parts = _REFERENCE.fullmatch(reference)
    number = int(parts[2]) if parts is not None and parts[2] else None
    if parts is None or (number is not None and number > MAX_VERSION):
        return None
    query = (
        select(WorkflowVersion)
        .options(defer(WorkflowVersion.document))
        .join(Workflow, WorkflowVersion.workflow_id == Workflow.id)
        .where(Workflow.slug == parts[1], Workflow.archived_at.is_(None))
        .order_by(WorkflowVersion.version.desc())
        .limit(1)
    )
    if number is not None:
        query = query.where(WorkflowVersion.version == number)
    version = (await session.scalars(query)).one_or_none()
    if version is None:
        return None
    return PinnedVersion(
        workflow=parts[1],
        version=version.version,
        version_id=str(version.id),
        plan_hash=version.plan_hash,
        blob_hash=version.blob_hash,
        size=version.blob_size,
    )
