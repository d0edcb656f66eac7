"""Reading runs, steps and events."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import not_found
from api.requests import bad_cursor, decode_cursor, decode_moment_cursor, encode_cursor, parse_moment
from api.runs import models, repository
from db.run_events import read_events
from db.tables import Run, Step
from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus, RunStatus

NEVER: Final = datetime.fromisoformat("9999-01-01T00:00:00+00:00")
"""Sorts steps that never began behind all others."""


async def get_run(session: AsyncSession, run_id: UUID) -> models.Run:
    """A run.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_run(session, run_id)
    if found is None:
        raise not_found("run", run_id)
    run, slug, version = found
    return models.Run(
        **_summary(run, slug, version).model_dump(),
        input=run.input,
        output=run.output,
        last_event_seq=run.last_event_seq,
    )


async def list_runs(
    session: AsyncSession,
    *,
    status: list[RunStatus],
    workflow: str | None,
    parent: UUID | None,
    cursor: str | None,
    limit: int,
) -> models.RunPage:
    """A page of runs."""
    rows = await repository.list_runs(
        session,
        status=status,
        workflow=workflow,
        parent=parent,
        before=None if cursor is None else decode_moment_cursor(cursor),
        limit=limit + 1,
    )
    items = [_summary(*row) for row in rows[:limit]]
    more = encode_cursor(items[-1].created_at.isoformat(), str(items[-1].id)) if len(rows) > limit else None
    return models.RunPage(items=items, next_cursor=more)


async def list_steps(
    session: AsyncSession, run_id: UUID, *, path: str | None, cursor: str | None, limit: int
) -> models.StepPage:
    """A page of steps.

    Raises:
        RequestError: `not_found` if there is no such run.
    """
    await require_run(session, run_id)
    after = None if cursor is None else _step_cursor(cursor)
    rows = await repository.list_steps(session, run_id, path=path, after=after, limit=limit + 1)
    more = None
    if len(rows) > limit:
        last = rows[limit - 1]
        more = encode_cursor((last.started_at or NEVER).isoformat(), last.path, str(last.iteration))
    return models.StepPage(items=[_step(row) for row in rows[:limit]], next_cursor=more)


async def list_events(session: AsyncSession, run_id: UUID, after: int, limit: int) -> models.EventPage:
    """A page of events.

    Raises:
        RequestError: `not_found` if there is no such run.
    """
    run = await require_run(session, run_id)
    items = await read_events(session, run_id, after, limit)
    more = items[-1].seq if items and items[-1].seq < run.last_event_seq else None
    return models.EventPage(items=items, next_after=more)


async def require_run(session: AsyncSession, run_id: UUID) -> Run:
    """The run's row.

    Raises:
        RequestError: `not_found`.
    """
    found = await repository.find_run(session, run_id)
    if found is None:
        raise not_found("run", run_id)
    return found[0]


def _step_cursor(cursor: str) -> tuple[datetime, str, int]:
    at, path, iteration = decode_cursor(cursor, 3)
    if not iteration.isdigit() or len(iteration) > 9:
        raise bad_cursor()
    return parse_moment(at), path, int(iteration)


def _summary(run: Run, slug: str, version: int) -> models.RunSummary:
    return models.RunSummary(
        id=run.id,
        workflow=slug,
        version=version,
        status=RunStatus(run.status),
        attempt=run.attempt,
        cost_usd=float(run.cost_usd),
        tokens_in=run.tokens_in,
        tokens_out=run.tokens_out,
        steps_done=run.steps_done,
        error=None if run.error is None else ErrorInfo.model_validate(run.error),
        trigger=run.trigger,
        parent_run_id=run.parent_run_id,
        parent_path=run.parent_path,
        forked_from=run.forked_from,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        updated_at=run.updated_at,
    )


def _step(step: Step) -> models.RunStep:
    return models.RunStep(
        path=step.path,
        iteration=step.iteration,
        kind=step.kind,
        name=step.name,
        status=NodeStatus(step.status),
        attempt=step.attempt,
        run_attempt=step.run_attempt,
        port=step.port,
        input=step.input,
        output=step.output,
        error=None if step.error is None else ErrorInfo.model_validate(step.error),
        cost_usd=float(step.cost_usd),
        tokens_in=step.tokens_in,
        tokens_out=step.tokens_out,
        details=step.details,
        started_at=step.started_at,
        ended_at=step.ended_at,
    )
