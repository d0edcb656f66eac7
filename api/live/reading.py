"""Queries behind live changes; every one of them sees one workspace."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from api.live.messages import ApprovalChanged, RunChanged
from db.tables import Approval, ApprovalEntry, Run, Workflow, WorkflowVersion

RECENT: Final = timedelta(minutes=1)
"""Approvals that changed longer ago are no news."""

_MOST_APPROVALS: Final = 500
_MOST_COUNTED: Final = 10_000


async def read_runs(session: AsyncSession, run_ids: Collection[UUID]) -> list[RunChanged]:
    """How runs are now; those of another workspace are left out."""
    return [_run(row) for row in await session.execute(_runs().where(Run.id.in_(run_ids)))]


async def read_newest_runs(session: AsyncSession, limit: int) -> list[RunChanged]:
    """The newest runs of the workspace."""
    newest = _runs().order_by(Run.created_at.desc(), Run.id.desc()).limit(limit)
    return [_run(row) for row in await session.execute(newest)]


async def read_approvals(session: AsyncSession, run_ids: Collection[UUID]) -> list[ApprovalChanged]:
    """Approvals of runs that have changed lately, the oldest change first."""
    latest = (
        select(ApprovalEntry.id, ApprovalEntry.kind, ApprovalEntry.created_at)
        .where(ApprovalEntry.approval_id == Approval.id)
        .order_by(ApprovalEntry.id.desc())
        .limit(1)
        .lateral("latest")
    )
    changed_at = func.coalesce(latest.c.created_at, Approval.decided_at, Approval.created_at)
    query = (
        select(
            Approval.id,
            Approval.run_id,
            Approval.status,
            Approval.purpose,
            Approval.decision,
            Approval.decided_by,
            Approval.due_at,
            Approval.revision,
            Approval.stage,
            Approval.claimed_by_name.label("claimed_by"),
            func.coalesce(latest.c.id, 0).label("last_entry"),
            func.coalesce(latest.c.kind, "").label("last_kind"),
        )
        .outerjoin(latest, true())
        .where(Approval.run_id.in_(run_ids))
        .where(func.greatest(changed_at, Approval.decided_at) > func.clock_timestamp() - RECENT)
        .order_by(changed_at.desc())
        .limit(_MOST_APPROVALS)
    )
    rows: Sequence[Any] = (await session.execute(query)).all()
    return [ApprovalChanged(**row._mapping) for row in reversed(rows)]


async def count_pending(session: AsyncSession) -> int:
    """How many approvals are open; ten thousand stands for more."""
    some = select(Approval.id).where(Approval.status == "pending").limit(_MOST_COUNTED).subquery()
    return int(await session.scalar(select(func.count()).select_from(some)) or 0)


async def workflow_exists(session: AsyncSession, slug: str) -> bool:
    """Whether the workspace has a workflow of this slug."""
    return await session.scalar(select(Workflow.id).where(Workflow.slug == slug)) is not None


def _runs() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Run.id,
            Workflow.slug.label("workflow"),
            WorkflowVersion.version,
            Run.status,
            Run.attempt,
            Run.last_event_seq,
            Run.steps_done,
            Run.cost_usd,
            Run.tokens_in,
            Run.tokens_out,
            Run.parent_run_id,
            Run.created_at,
            Run.started_at,
            Run.ended_at,
        )
        .join(Workflow, Run.workflow_id == Workflow.id)
        .join(WorkflowVersion, Run.version_id == WorkflowVersion.id)
    )


def _run(row: Any) -> RunChanged:
    return RunChanged(**row._mapping)
