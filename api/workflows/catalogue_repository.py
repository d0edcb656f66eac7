"""The list of workflows with what belongs beside each: newest version, draft, last runs. Two queries, however many."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Float, Select, cast, func, or_, select, true
from sqlalchemy.dialects.postgresql import JSONPATH, aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from db.tables import DraftRevision, Run, Workflow, WorkflowDraft, WorkflowVersion
from schemas.agent_documents import WorkflowType
from schemas.messages import RunStatus

COUNTED_RUNS: Final = 20
_ONE_NODE: Final = 'strict $.nodes ? (@.type() == "array" && @.size() == 1)'
TEST_TRIGGER: Final = "test"


@dataclass(frozen=True)
class ListedWorkflow:
    """A workflow with its newest version and its draft."""

    workflow: Workflow
    version: WorkflowVersion | None
    draft: WorkflowDraft | None
    saved: DraftRevision | None


@dataclass(frozen=True)
class Outcome:
    """How a run went."""

    run_id: UUID
    status: RunStatus
    seconds: float | None


@dataclass(frozen=True)
class LastRuns:
    """What the latest runs of a workflow came to."""

    created_at: datetime
    outcomes: list[Outcome]
    """At most `COUNTED_RUNS`, the latest first."""


async def list_workflows(
    session: AsyncSession,
    *,
    words: Sequence[str],
    tags: Sequence[str],
    archived: bool | None,
    workflow_type: WorkflowType | None,
    after: str | None,
    limit: int,
    sole_kind: str | None = None,
) -> list[ListedWorkflow]:
    """Workflows by slug.

    Args:
        session: A tenant's session.
        words: Each must be found in slug, name, description or a tag.
        tags: Each must be a tag.
        archived: Only archived ones, only others, or both.
        workflow_type: Only workflows, only agents, or both.
        after: Slug behind which the page begins.
        limit: How many at most.
        sole_kind: Only those whose draft has one node, of this kind and with this id.
    """
    query = _listed().order_by(Workflow.slug).limit(limit)
    if sole_kind is not None:
        query = query.where(_has_one_node(sole_kind))
    for word in words:
        query = query.where(_says(word))
    if tags:
        query = query.where(Workflow.tags.contains(list(tags)))
    if archived is not None:
        query = query.where(Workflow.archived_at.is_not(None) if archived else Workflow.archived_at.is_(None))
    if workflow_type is not None:
        query = query.where(Workflow.type == workflow_type)
    if after is not None:
        query = query.where(Workflow.slug > after)
    return [ListedWorkflow(*row) for row in await session.execute(query)]


async def find_listed(session: AsyncSession, slug: str) -> ListedWorkflow | None:
    """One workflow."""
    row = (await session.execute(_listed().where(Workflow.slug == slug))).one_or_none()
    return None if row is None else ListedWorkflow(*row)


async def last_runs(session: AsyncSession, workflow_ids: Sequence[UUID]) -> dict[UUID, LastRuns]:
    """The latest runs of each workflow, tests apart; workflows without runs are left out."""
    seconds = func.extract("epoch", Run.ended_at - Run.started_at).cast(Float)
    latest = (
        select(Run.id, Run.status, Run.created_at, seconds.label("seconds"))
        .where(Run.workflow_id == Workflow.id, Run.trigger != TEST_TRIGGER)
        .order_by(Run.created_at.desc(), Run.id.desc())
        .limit(COUNTED_RUNS)
        .correlate(Workflow)
        .lateral("latest")
    )
    newest_first = (latest.c.created_at.desc(), latest.c.id.desc())
    columns = (latest.c.id, latest.c.status, latest.c.seconds)
    query = (
        select(
            Workflow.id,
            func.max(latest.c.created_at),
            *(func.array_agg(aggregate_order_by(column, *newest_first)) for column in columns),
        )
        .select_from(Workflow)
        .join(latest, true())
        .where(Workflow.id.in_(workflow_ids))
        .group_by(Workflow.id)
    )
    return {row[0]: LastRuns(row[1], _outcomes(*row[2:])) for row in await session.execute(query)}


def _outcomes(ids: list[UUID], statuses: list[str], seconds: list[float | None]) -> list[Outcome]:
    return [Outcome(*each) for each in zip(ids, map(RunStatus, statuses), seconds, strict=True)]


def _has_one_node(kind: str) -> ColumnElement[bool]:
    """Whether the draft has one node, as in `schemas.one_node`."""
    one = func.jsonb_path_exists(DraftRevision.document, cast(_ONE_NODE, JSONPATH))
    return one & DraftRevision.document["nodes"][0].contains({"id": kind, "kind": kind})


def _listed() -> "Select[Any, Any, Any, Any]":
    newest = (
        select(WorkflowVersion.id)
        .where(WorkflowVersion.workflow_id == Workflow.id, WorkflowVersion.version > 0)
        .order_by(WorkflowVersion.version.desc())
        .limit(1)
        .correlate(Workflow)
        .scalar_subquery()
    )
    return (
        select(Workflow, WorkflowVersion, WorkflowDraft, DraftRevision)
        .outerjoin(WorkflowVersion, WorkflowVersion.id == newest)
        .outerjoin(WorkflowDraft, WorkflowDraft.workflow_id == Workflow.id)
        .outerjoin(
            DraftRevision,
            (DraftRevision.workflow_id == WorkflowDraft.workflow_id)
            & (DraftRevision.revision == WorkflowDraft.revision),
        )
        .options(defer(WorkflowVersion.document), defer(DraftRevision.document))
    )


def _says(word: str) -> ColumnElement[bool]:
    pattern = "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    texts = (Workflow.slug, Workflow.name, Workflow.description, func.array_to_string(Workflow.tags, "\n"))
    return or_(*(text.ilike(pattern) for text in texts))
