"""Reading runs, steps and events."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import not_found
from api.requests import bad_cursor, decode_cursor, decode_moment_cursor, encode_cursor, parse_moment
from api.runs import models, repository
from api.runs.filters import ListRuns
from api.runs.listing import find_page
from api.runs.views import run_step, run_summaries, run_summary
from db.run_events import read_events
from db.tables import Run

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
    run = found[0]
    summary = await run_summary(session, found)
    return models.Run(
        **summary.model_dump(),
        input=run.input,
        output=run.output,
        last_event_seq=run.last_event_seq,
    )


async def list_runs(session: AsyncSession, wanted: ListRuns) -> models.RunPage:
    """A page of runs."""
    before = None if wanted.cursor is None else decode_moment_cursor(wanted.cursor)
    found = await find_page(session, wanted, before, wanted.limit)
    rows = await repository.load_runs(session, found.ids)
    more = None if found.next is None else encode_cursor(found.next[0].isoformat(), str(found.next[1]))
    return models.RunPage(items=await run_summaries(session, rows), next_cursor=more)


async def list_steps(
    session: AsyncSession, run_id: UUID, *, path: str | None, cursor: str | None, limit: int
) -> models.StepPage:
    """A page of steps.

    Raises:
        RequestError: `not_found` if there is no such run.
    """
    await require_run(session, run_id)
    after = None if cursor is None else step_cursor(cursor)
    rows = await repository.list_steps(session, run_id, path=path, after=after, limit=limit + 1)
    more = None
    if len(rows) > limit:
        last = rows[limit - 1]
        more = encode_cursor((last.started_at or NEVER).isoformat(), last.path, str(last.iteration))
    return models.StepPage(items=[run_step(row) for row in rows[:limit]], next_cursor=more)


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


def step_cursor(cursor: str) -> tuple[datetime, str, int]:
    """A cursor of a list of steps.

    Raises:
        RequestError: if it is not one of ours.
    """
    at, path, iteration = decode_cursor(cursor, 3)
    if not iteration.isdigit() or len(iteration) > 9:
        raise bad_cursor()
    return parse_moment(at), path, int(iteration)
