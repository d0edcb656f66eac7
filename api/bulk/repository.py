"""Queries on bulk jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, Uuid, cast, func, insert, literal, select, tuple_, values
from sqlalchemy import column as sql_column
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from api.bulk.applicability import APPLIES
from db.tables import Approval, BulkItem, BulkJob, Run
from schemas.bulk import BulkStatus
from schemas.messages import UNFINISHED, RunStatus

_TYPICAL = 200
"""Completed runs of a version whose costs are averaged."""

_PRICED = 100
"""Versions whose costs are looked at, those with most runs."""


@dataclass(frozen=True)
class Group:
    """Runs that are alike."""

    status: str
    applies: str
    version_id: UUID
    runs: int
    cost_usd: Decimal


async def choose_runs(
    session: AsyncSession, job: BulkJob, meant: Sequence[ColumnElement[bool]], applies: ColumnElement[Any], most: int
) -> list[Group]:
    """Store to which runs a job applies, at most so many, and count all that are meant; one statement, one moment."""
    columns = (Run.id, Run.created_at, Run.status, Run.cost_usd, Run.version_id, applies.label("applies"))
    matched = select(*columns).where(*meant).cte("matched")
    order = (matched.c.created_at, matched.c.id)
    place = func.row_number().over(order_by=order)
    chosen = select(literal(job.workspace_id, Uuid), literal(job.id, Uuid), place, matched.c.id)
    chosen = chosen.where(matched.c.applies == APPLIES).order_by(*order).limit(most)
    stored = insert(BulkItem).from_select(["workspace_id", "bulk_id", "place", "run_id"], chosen).cte("stored")
    key = (matched.c.status, matched.c.applies, matched.c.version_id)
    counted = select(*key, func.count(), func.sum(matched.c.cost_usd)).group_by(*key).add_cte(stored)
    return [Group(*row) for row in await session.execute(counted)]


async def versions_of(session: AsyncSession, meant: Sequence[ColumnElement[bool]], most: int) -> dict[UUID, Run]:
    """Versions of the runs that are meant, each with one of its runs."""
    samples = select(func.min(cast(Run.id, Text))).where(*meant).group_by(Run.version_id).limit(most)
    ids = [UUID(one) for one in await session.scalars(samples)]
    query = select(Run).options(defer(Run.input), defer(Run.output), defer(Run.snapshot)).where(Run.id.in_(ids))
    return {run.version_id: run for run in await session.scalars(query)}


async def unknown_ids(session: AsyncSession, ids: Sequence[UUID]) -> list[UUID]:
    """Those of which there is no run."""
    known = set(await session.scalars(select(Run.id).where(Run.id.in_(ids))))
    return [one for one in dict.fromkeys(ids) if one not in known]


async def typical_costs(session: AsyncSession, versions: Sequence[UUID]) -> dict[UUID, float]:
    """What completed runs of versions have cost of late, on average; those without any are left out."""
    if not versions:
        return {}
    wanted = values(sql_column("id", Uuid), name="wanted").data([(version,) for version in versions[:_PRICED]])
    newest = (
        select(Run.cost_usd)
        .where(Run.version_id == wanted.c.id, Run.status == RunStatus.COMPLETED)
        .order_by(Run.created_at.desc(), Run.id.desc())
        .limit(_TYPICAL)
        .lateral()
    )
    query = select(wanted.c.id, func.avg(newest.c.cost_usd)).select_from(wanted).join(newest, literal(value=True))
    return {row[0]: float(row[1]) for row in await session.execute(query.group_by(wanted.c.id))}


async def count_open_approvals(session: AsyncSession, bulk_id: UUID) -> int:
    """Requests to people that the runs of a job have open."""
    query = (
        select(func.count())
        .select_from(BulkItem)
        .join(Approval, Approval.run_id == BulkItem.run_id)
        .where(BulkItem.bulk_id == bulk_id, Approval.status == "pending")
    )
    return await session.scalar(query) or 0


async def count_child_runs(session: AsyncSession, bulk_id: UUID) -> int:
    """Unfinished runs directly below the runs of a job."""
    query = (
        select(func.count())
        .select_from(BulkItem)
        .join(Run, Run.parent_run_id == BulkItem.run_id)
        .where(BulkItem.bulk_id == bulk_id, Run.status.in_(UNFINISHED))
    )
    return await session.scalar(query) or 0


async def find_job(session: AsyncSession, bulk_id: UUID, *, lock: bool = False) -> BulkJob | None:
    """A job or a preview."""
    query = select(BulkJob).where(BulkJob.id == bulk_id)
    return (await session.scalars(query.with_for_update() if lock else query)).one_or_none()


async def list_jobs(
    session: AsyncSession, status: Sequence[BulkStatus], before: tuple[datetime, UUID] | None, limit: int
) -> list[BulkJob]:
    """Jobs, the newest first."""
    query = select(BulkJob).where(BulkJob.status != BulkStatus.PREVIEW)
    if status:
        query = query.where(BulkJob.status.in_(status))
    if before is not None:
        query = query.where(tuple_(BulkJob.created_at, BulkJob.id) < before)
    return list(await session.scalars(query.order_by(BulkJob.created_at.desc(), BulkJob.id.desc()).limit(limit)))


async def list_items(
    session: AsyncSession, bulk_id: UUID, outcome: str | None, after: int, limit: int
) -> list[BulkItem]:
    """Runs of a job in their order.

    Args:
        session: A session of the workspace.
        bulk_id: The job.
        outcome: Only those; `open` for those that have none yet.
        after: Place behind which the page begins.
        limit: Size of the page.
    """
    query = select(BulkItem).where(BulkItem.bulk_id == bulk_id, BulkItem.place > after)
    if outcome is not None:
        query = query.where(BulkItem.outcome.is_(None) if outcome == "open" else BulkItem.outcome == outcome)
    return list(await session.scalars(query.order_by(BulkItem.place).limit(limit)))
