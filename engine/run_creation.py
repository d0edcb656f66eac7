"""Inserts runs: the row is the promise that the run will happen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.audit import Actor
from db.effects import effects
from db.json_text import to_json
from db.session import Database
from engine.metrics import RUNS_STARTED
from engine.telemetry import TRACEPARENT, current_traceparent

_CREATE: Final = "SELECT * FROM run_log_create($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"

_CREATE_WITHIN: Final = text(
    "SELECT * FROM run_log_create(:workspace, :run, :workflow, :version, CAST(:newest AS integer), "
    "CAST(:input AS jsonb), :key, :hash, :trigger, CAST(:forked_from AS uuid), CAST(:edit AS jsonb), "
    "CAST(:snapshot AS bytea), CAST(:started_by AS jsonb), CAST(:pinned AS jsonb))"
)


@dataclass(frozen=True)
class NewRun:
    """A run to be inserted; JSON as text."""

    actor: Actor
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
    pinned: str | None = None


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
    for last in (False, True):
        try:
            created = Created(**await pool.fetchrow(_CREATE, *_values(run).values()))
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
            # A connection that died while it was idle. The id is fixed, so a second insert cannot make a second run.
            if last:
                raise
        else:
            if created.outcome == "created":
                RUNS_STARTED.labels(run.trigger).inc()
            return created
    raise AssertionError


async def create_run_within(session: AsyncSession, run: NewRun) -> Created:
    """Insert a run as part of a transaction; it is left to the sweep to start it."""
    row = (await session.execute(_CREATE_WITHIN, _values(run))).mappings().one()
    created = Created(**row)
    if created.outcome == "created":
        effects(session).runs.add(created.run_id)
        RUNS_STARTED.labels(run.trigger).inc()
    return created


def _values(run: NewRun) -> dict[str, Any]:
    """Arguments of `run_log_create` in their order."""
    return {
        "workspace": run.actor.workspace_id,
        "run": run.run_id,
        "workflow": run.workflow_id,
        "version": run.version_id,
        "newest": run.newest,
        "input": run.input,
        "key": run.key,
        "hash": run.request_hash,
        "trigger": run.trigger,
        "forked_from": run.forked_from,
        "edit": run.edit,
        "snapshot": run.snapshot,
        "started_by": _started_by(run.actor),
        "pinned": run.pinned,
    }


def _started_by(actor: Actor) -> str:
    # Whoever starts the run later, in whatever process, goes on with the trace of the request.
    trace = current_traceparent()
    return to_json({**actor.described(), **({TRACEPARENT: trace} if trace else {})})
