"""Queries on runs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from db.tables import Run, Step, Workflow, WorkflowVersion

Found = tuple[Run, str, int]
"""A run with slug and version number."""


async def find_run(session: AsyncSession, run_id: UUID) -> Found | None:
    """A run with slug and version number."""
    row = (await session.execute(_runs().where(Run.id == run_id))).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def find_by_key(session: AsyncSession, key: str) -> Found | None:
    """The run that was started under an idempotency key."""
    row = (await session.execute(_runs().where(Run.idempotency_key == key))).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def load_runs(session: AsyncSession, ids: Sequence[UUID]) -> list[Found]:
    """Runs without their data, in the order of the ids."""
    query = _runs().options(defer(Run.input), defer(Run.output)).where(Run.id.in_(ids))
    found = {row[0].id: (row[0], row[1], row[2]) for row in await session.execute(query)} if ids else {}
    return [found[run_id] for run_id in ids if run_id in found]


async def find_summary(session: AsyncSession, run_id: UUID) -> Found | None:
    """A run without its data."""
    found = await load_runs(session, [run_id])
    return found[0] if found else None


async def list_children(session: AsyncSession, parents: Sequence[UUID], limit: int) -> list[Found]:
    """Child runs of runs, the oldest first, without their data."""
    query = _runs().options(defer(Run.input), defer(Run.output)).where(Run.parent_run_id.in_(parents))
    rows = await session.execute(query.order_by(Run.created_at, Run.id).limit(limit))
    return [(row[0], row[1], row[2]) for row in rows]


async def count_children(session: AsyncSession, parents: Sequence[UUID]) -> dict[UUID, int]:
    """How many child runs runs have; those without any are left out."""
    query = select(Run.parent_run_id, func.count()).where(Run.parent_run_id.in_(parents)).group_by(Run.parent_run_id)
    return {row[0]: row[1] for row in await session.execute(query) if row[0] is not None}


async def list_steps(
    session: AsyncSession, run_id: UUID, *, path: str | None, after: tuple[datetime, str, int] | None, limit: int
) -> list[Step]:
    """Steps of a run in the order in which they began; those that never did come last."""
    order = (began(), Step.path, Step.iteration)
    query = select(Step).where(Step.run_id == run_id)
    if path is not None:
        query = query.where(Step.path == path)
    if after is not None:
        query = query.where(tuple_(*order) > after)
    return list(await session.scalars(query.order_by(*order).limit(limit)))


def began() -> Any:
    """When a step began, or a time after all others."""
    return func.coalesce(Step.started_at, func.timestamptz("9999-01-01 00:00:00+00"))


def _runs() -> "Select[Run, str, int]":
    return (
        select(Run, Workflow.slug, WorkflowVersion.version)
        .join(Workflow, Run.workflow_id == Workflow.id)
        .join(WorkflowVersion, Run.version_id == WorkflowVersion.id)
        .options(defer(Run.snapshot))
    )
