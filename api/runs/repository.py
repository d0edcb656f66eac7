"""Queries on runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import Select, cast, func, select, tuple_
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from db.session import Database
from db.tables import Run, Step, Workflow, WorkflowVersion

_CREATE: Final = "SELECT * FROM run_log_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"

Found = tuple[Run, str, int]
"""A run with slug and version number."""


@dataclass(frozen=True)
class NewRun:
    """A run to be inserted; JSON as text."""

    workspace_id: UUID
    run_id: UUID
    workflow_id: UUID
    version_id: UUID
    newest: int | None
    input: str | None
    key: str | None
    request_hash: str
    trigger: str = "api"
    forked_from: UUID | None = None
    edit: str | None = None
    snapshot: bytes | None = None


@dataclass(frozen=True)
class Created:
    """What became of inserting it; see `run_log_create`."""

    outcome: str
    run_id: UUID
    version_id: UUID
    created_at: datetime
    request_hash: str | None


async def create_run(database: Database, run: NewRun) -> Created:
    """Insert a run and its first event: one statement, one transaction, one round trip."""
    pool = await database.run_log_pool()
    values = (
        run.workspace_id,
        run.run_id,
        run.workflow_id,
        run.version_id,
        run.newest,
        run.input,
        run.key,
        run.request_hash,
        run.trigger,
        run.forked_from,
        run.edit,
        run.snapshot,
    )
    for last in (False, True):
        try:
            return Created(**await pool.fetchrow(_CREATE, *values))
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
            # A connection that died while it was idle. The id is fixed, so a second insert cannot make a second run.
            if last:
                raise
    raise AssertionError


async def find_run(session: AsyncSession, run_id: UUID) -> Found | None:
    """A run with slug and version number."""
    row = (await session.execute(_runs().where(Run.id == run_id))).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def find_by_key(session: AsyncSession, key: str) -> Found | None:
    """The run that was started under an idempotency key."""
    row = (await session.execute(_runs().where(Run.idempotency_key == key))).one_or_none()
    return None if row is None else (row[0], row[1], row[2])


async def lock_run(session: AsyncSession, run_id: UUID) -> Run | None:
    """A run, locked until the transaction ends."""
    query = select(Run).where(Run.id == run_id).options(defer(Run.input), defer(Run.output))
    return (await session.scalars(query.with_for_update(key_share=True))).one_or_none()


async def list_runs(
    session: AsyncSession,
    *,
    status: Sequence[str],
    workflow: str | None,
    parent: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Found]:
    """Runs, the newest first."""
    query = _runs().options(defer(Run.input), defer(Run.output))
    if status:
        query = query.where(Run.status.in_(status))
    if workflow is not None:
        query = query.where(Workflow.slug == workflow)
    if parent is not None:
        query = query.where(Run.parent_run_id == parent)
    if before is not None:
        query = query.where(tuple_(Run.created_at, Run.id) < before)
    rows = await session.execute(query.order_by(Run.created_at.desc(), Run.id.desc()).limit(limit))
    return [(row[0], row[1], row[2]) for row in rows]


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


async def root_nodes(session: AsyncSession, version_id: UUID) -> set[str]:
    """Ids of the nodes of a version's root graph."""
    nodes = func.jsonb_path_query_array(WorkflowVersion.document, cast("$.nodes[*].id", JSONPATH))
    return set(await session.scalar(select(nodes).where(WorkflowVersion.id == version_id)) or ())
