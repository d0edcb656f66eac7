"""Queries on agents beyond those on workflows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import case, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.expression import bindparam, literal

from db.tables import DraftRevision, Workflow, WorkflowDraft, WorkflowVersion

MOST_USES: Final = 200


@dataclass(frozen=True)
class Face:
    """What a list shows of a configuration."""

    model: str | None
    tools: list[str]


async def faces(session: AsyncSession, slugs: Sequence[str]) -> dict[str, Face]:
    """Model and tools of agents: those of the newest version, else of the draft."""
    document = func.coalesce(_newest_document(), _draft_document())
    config = document["nodes"][0]["with"]
    tools = case((func.jsonb_typeof(config["tools"]) == "array", config["tools"]), else_=literal([], JSONB))
    query = select(Workflow.slug, config["model"], tools).where(Workflow.slug.in_(slugs))
    return {
        slug: Face(model if isinstance(model, str) else None, _types(listed))
        for slug, model, listed in await session.execute(query)
    }


def _types(tools: Any) -> list[str]:
    named = (tool.get("type") for tool in tools if isinstance(tool, dict))
    return list(dict.fromkeys(name for name in named if isinstance(name, str)))


@dataclass(frozen=True)
class Naming:
    """A workflow with its documents, of which one holds the slug as some string."""

    workflow: Workflow
    version: int | None
    published: dict[str, Any] | None
    draft: dict[str, Any] | None


async def workflows_naming(session: AsyncSession, slug: str) -> list[Naming]:
    """Workflows whose newest version or draft holds the slug, or the slug of a version, as a string anywhere."""
    path = cast(literal("$.** ? (@ == $slug || @ starts with $version)"), JSONPATH)
    names = bindparam("names", {"slug": slug, "version": f"{slug}@"}, type_=JSONB)
    published, draft = _newest_document(), _draft_document()

    def says(document: Any) -> Any:
        return func.coalesce(func.jsonb_path_exists(document, path, names), False)

    query = (
        select(Workflow, _newest_number(), published, draft)
        .where(says(published) | says(draft), Workflow.archived_at.is_(None))
        .order_by(Workflow.slug)
        .limit(MOST_USES)
    )
    return [Naming(*row) for row in await session.execute(query)]


def _newest(column: Any) -> Any:
    return (
        select(column)
        .where(WorkflowVersion.workflow_id == Workflow.id, WorkflowVersion.version > 0)
        .order_by(WorkflowVersion.version.desc())
        .limit(1)
        .correlate(Workflow)
        .scalar_subquery()
    )


def _newest_document() -> Any:
    return _newest(WorkflowVersion.document)


def _newest_number() -> Any:
    return _newest(WorkflowVersion.version)


def _draft_document() -> Any:
    return (
        select(DraftRevision.document)
        .join(
            WorkflowDraft,
            (DraftRevision.workflow_id == WorkflowDraft.workflow_id)
            & (DraftRevision.revision == WorkflowDraft.revision),
        )
        .where(WorkflowDraft.workflow_id == Workflow.id)
        .correlate(Workflow)
        .scalar_subquery()
    )
