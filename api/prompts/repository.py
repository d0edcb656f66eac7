"""Queries of prompts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import DraftRevision, Prompt, PromptLabel, PromptVersion, Workflow, WorkflowDraft, WorkflowVersion


async def find_prompt(session: AsyncSession, name: str, *, lock: bool = False) -> Prompt | None:
    """A prompt by name."""
    query = select(Prompt).where(Prompt.name == name)
    found: Prompt | None = await session.scalar(query.with_for_update() if lock else query)
    return found


async def list_prompts(session: AsyncSession, after: str | None, limit: int) -> Sequence[Prompt]:
    """Prompts by name."""
    query = select(Prompt).order_by(Prompt.name).limit(limit)
    return (await session.scalars(query if after is None else query.where(Prompt.name > after))).all()


async def latest_versions(session: AsyncSession, prompts: Sequence[UUID]) -> dict[UUID, int]:
    """Number of the newest version of each."""
    newest = select(PromptVersion.prompt_id, func.max(PromptVersion.version)).group_by(PromptVersion.prompt_id)
    rows = await session.execute(newest.where(PromptVersion.prompt_id.in_(prompts)))
    return {row[0]: row[1] for row in rows}


async def labels_of(session: AsyncSession, prompts: Sequence[UUID]) -> Sequence[PromptLabel]:
    """All labels of these prompts."""
    query = select(PromptLabel).where(PromptLabel.prompt_id.in_(prompts)).order_by(PromptLabel.label)
    return (await session.scalars(query)).all()


async def versions_of(session: AsyncSession, prompt: UUID) -> Sequence[PromptVersion]:
    """All versions, the newest first."""
    query = select(PromptVersion).where(PromptVersion.prompt_id == prompt).order_by(PromptVersion.version.desc())
    return (await session.scalars(query)).all()


async def find_version(session: AsyncSession, prompt: UUID, version: int) -> PromptVersion | None:
    """A version."""
    return await session.get(PromptVersion, (prompt, version))


async def find_text(session: AsyncSession, name: str, at: str) -> str | None:
    """Text of the version that a label or a number means."""
    query = select(PromptVersion.text).join(Prompt, Prompt.id == PromptVersion.prompt_id).where(Prompt.name == name)
    if at.isdigit():
        query = query.where(PromptVersion.version == int(at))
    else:
        labelled = (PromptLabel.prompt_id == Prompt.id) & (PromptLabel.version == PromptVersion.version)
        query = query.join(PromptLabel, labelled).where(PromptLabel.label == at)
    found: str | None = await session.scalar(query)
    return found


async def documents_naming(session: AsyncSession, name: str) -> list[tuple[Workflow, int | None, Any, Any]]:
    """Workflows whose latest version or draft may name a prompt: number and document of it, document of the draft."""
    newest = (
        select(WorkflowVersion.workflow_id, func.max(WorkflowVersion.version).label("version"))
        .where(WorkflowVersion.trial == "")
        .group_by(WorkflowVersion.workflow_id)
        .subquery()
    )
    drafted = (DraftRevision.workflow_id == WorkflowDraft.workflow_id) & (
        DraftRevision.revision == WorkflowDraft.revision
    )
    published = (WorkflowVersion.workflow_id == newest.c.workflow_id) & (WorkflowVersion.version == newest.c.version)
    pattern = f'%"$prompt": "{name}%'
    query = (
        select(Workflow, WorkflowVersion.version, WorkflowVersion.document, DraftRevision.document)
        .outerjoin(newest, newest.c.workflow_id == Workflow.id)
        .outerjoin(WorkflowVersion, published & (WorkflowVersion.trial == ""))
        .outerjoin(WorkflowDraft, WorkflowDraft.workflow_id == Workflow.id)
        .outerjoin(DraftRevision, drafted)
        .where(
            cast(WorkflowVersion.document, String).like(pattern) | cast(DraftRevision.document, String).like(pattern)
        )
        .order_by(Workflow.slug)
        .limit(200)
    )
    return [(row[0], row[1], row[2], row[3]) for row in await session.execute(query)]
