"""Queries for previews: runs that go on, and what the run log holds of finished ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from api.workflows.catalogue_repository import TEST_TRIGGER
from db.tables import Approval, Run, Step, WorkflowVersion
from schemas.messages import UNFINISHED, RunStatus

_COMPARABLE: Final = (RunStatus.COMPLETED.value, RunStatus.FAILED.value)
_ROOT_NODE: Final = "^[a-z][a-z0-9_]*$"


@dataclass(frozen=True)
class StoredRun:
    """A finished run and how much the run log holds of it."""

    run: Run
    version: WorkflowVersion
    steps: int
    size: int


async def runs_by_version(session: AsyncSession, workflow_id: UUID) -> list[tuple[int, int, int]]:
    """Version, runs that go on, and requests to people that wait; the newest version first."""
    waiting = (
        select(Approval.run_id, func.count().label("approvals"))
        .join(Run, Run.id == Approval.run_id)
        .where(Approval.status == "pending", Run.workflow_id == workflow_id)
        .group_by(Approval.run_id)
        .subquery()
    )
    query = (
        select(WorkflowVersion.version, func.count(), func.coalesce(func.sum(waiting.c.approvals), 0))
        .join(Run, Run.version_id == WorkflowVersion.id)
        .outerjoin(waiting, waiting.c.run_id == Run.id)
        .where(Run.workflow_id == workflow_id, Run.status.in_(UNFINISHED), WorkflowVersion.version > 0)
        .group_by(WorkflowVersion.version)
        .order_by(WorkflowVersion.version.desc())
    )
    return [(version, runs, int(approvals)) for version, runs, approvals in await session.execute(query)]


async def finished_runs(session: AsyncSession, workflow_id: UUID, limit: int) -> list[StoredRun]:
    """The latest runs that completed or failed by themselves, without their data; tests and forks apart."""
    latest = (
        select(Run, WorkflowVersion)
        .join(WorkflowVersion, WorkflowVersion.id == Run.version_id)
        .options(defer(Run.input), defer(Run.output), defer(Run.snapshot))
        .where(
            Run.workflow_id == workflow_id,
            Run.status.in_(_COMPARABLE),
            Run.trigger != TEST_TRIGGER,
            Run.forked_from.is_(None),
        )
        .order_by(Run.created_at.desc(), Run.id.desc())
        .limit(limit)
    )
    rows = [(row[0], row[1]) for row in await session.execute(latest)]
    sizes = await _sizes(session, [run.id for run, _ in rows])
    return [StoredRun(run, version, *sizes.get(run.id, (0, 0))) for run, version in rows]


async def input_of(session: AsyncSession, run_id: UUID) -> Any:
    """The input of a run."""
    return await session.scalar(select(Run.input).where(Run.id == run_id))


async def root_steps(session: AsyncSession, run_id: UUID) -> Sequence[Step]:
    """Steps of the root graph in the order in which they ended."""
    query = select(Step).where(Step.run_id == run_id, Step.path.regexp_match(_ROOT_NODE))
    return (await session.scalars(query.order_by(Step.ended_at.nulls_last(), Step.path, Step.iteration))).all()


async def _sizes(session: AsyncSession, run_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    stored = func.coalesce(func.pg_column_size(Step.output), 0) + func.coalesce(func.pg_column_size(Step.input), 0)
    query = (
        select(Step.run_id, func.count(), func.sum(stored))
        .where(Step.run_id.in_(run_ids), Step.path.regexp_match(_ROOT_NODE))
        .group_by(Step.run_id)
    )
    return {run_id: (count, int(size)) for run_id, count, size in await session.execute(query)}
