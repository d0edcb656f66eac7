"""Finds the runs that a filter means, the newest first, in bounded time however many runs there are.

Workflow, version, status, parent and time are ranges of an index. What no index knows (trigger, who started it, cost,
text in the input) is asked of each run on the way, and a request goes only so far: a page may then hold fewer runs than
asked for, or none, and its cursor tells where to go on. So every run is found in the end, and no request is slow.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, Subquery, and_, cast, func, or_, select, true, tuple_, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from api.runs.filters import RunFilter
from db.json_text import to_json
from db.tables import Run, Workflow, WorkflowVersion
from schemas.agent_documents import WorkflowType

PATIENCE: Final = 0.025
"""Seconds for looking at runs; a portion that would take longer is left to the next request."""

FIRST_PORTION: Final = 1_000
FIRST_PORTION_OF_TEXTS: Final = 100
LARGEST_PORTION: Final = 8_000
"""Runs that are looked at in one go; each portion is twice the one before, since inputs may be small or large."""

Condition = ColumnElement[bool]
Position = tuple[datetime, UUID]
"""Where a page ends: creation and id of its last run."""


@dataclass(frozen=True)
class Found:
    """Ids of a page, and where the next one begins."""

    ids: list[UUID]
    next: Position | None


async def find_page(session: AsyncSession, wanted: RunFilter, before: Position | None, limit: int) -> Found:
    """The next runs that a filter means."""
    if not _unindexed(wanted):
        rows = await session.execute(_page(wanted, before, limit + 1))
        return _found([(row.created_at, row.id) for row in rows], limit, None)
    return await _look_through(session, wanted, before, limit)


async def _look_through(session: AsyncSession, wanted: RunFilter, before: Position | None, limit: int) -> Found:
    """Look at portion after portion until the page is full, there are no more runs, or the time is up."""
    deadline = time.monotonic() + PATIENCE
    size = FIRST_PORTION if wanted.input_contains is None else FIRST_PORTION_OF_TEXTS
    fitting: list[Position] = []
    while True:
        began = time.monotonic()
        portion = (await session.execute(_portion(wanted, before, size))).all()
        fitting += [(row.created_at, row.id) for row in portion if row.fits]
        more = bool(portion) and portion[-1].place == size
        before = (portion[-1].created_at, portion[-1].id) if more else None
        now = time.monotonic()
        if not more or len(fitting) > limit or now + 2 * (now - began) > deadline:
            return _found(fitting, limit, before)
        size = min(2 * size, LARGEST_PORTION)


def conditions(wanted: RunFilter) -> list[Condition]:
    """The whole filter, for statements that look at every run it means."""
    status = [Run.status.in_(wanted.status)] if _status_is_indexed(wanted) else []
    return [*_owner(wanted), *_times(wanted), *status, *_unindexed(wanted)]


def _found(fitting: Sequence[Position], limit: int, position: Position | None) -> Found:
    page = fitting[:limit]
    return Found([run_id for _, run_id in page], page[-1] if len(fitting) > limit else position)


def _page(wanted: RunFilter, before: Position | None, limit: int) -> Select[Any]:
    runs = _newest(wanted, before, limit, true())
    return select(runs.c.created_at, runs.c.id).order_by(*_newest_first(runs.c))


def _portion(wanted: RunFilter, before: Position | None, size: int) -> Select[Any]:
    """The runs of a portion that fit; and its last one, so that the next portion can begin there."""
    runs = _newest(wanted, before, size, and_(*_unindexed(wanted)))
    place = func.row_number().over(order_by=_newest_first(runs.c))
    numbered = select(runs, place.label("place")).subquery()
    return select(numbered).where(or_(numbered.c.fits, numbered.c.place == size)).order_by(numbered.c.place)


def _newest(wanted: RunFilter, before: Position | None, size: int, fits: Condition) -> Subquery:
    """The newest runs of the index that knows most of the filter. Each status is a range of its own there."""
    columns = select(Run.created_at, Run.id, fits.label("fits")).where(*_owner(wanted), *_times(wanted))
    if before is not None:
        columns = columns.where(tuple_(Run.created_at, Run.id) < before)
    newest = columns.order_by(*_newest_first(Run)).limit(size)
    if not _status_is_indexed(wanted):
        return newest.subquery()
    ranges = [newest.where(Run.status == status) for status in dict.fromkeys(wanted.status)]
    if len(ranges) == 1:
        return ranges[0].subquery()
    merged = union_all(*(select(one.subquery()) for one in ranges)).subquery()
    return select(merged).order_by(*_newest_first(merged.c)).limit(size).subquery()


def _status_is_indexed(wanted: RunFilter) -> bool:
    return bool(wanted.status) and wanted.parent is None and wanted.version is None


def _owner(wanted: RunFilter) -> list[Condition]:
    """Whose runs: of a parent, a version or a workflow. They are looked up in the same statement."""
    found: list[Condition] = []
    if wanted.parent is not None:
        found.append(Run.parent_run_id == wanted.parent)
    if wanted.version is not None:
        version = select(WorkflowVersion.id).join(Workflow, WorkflowVersion.workflow_id == Workflow.id)
        same = version.where(*_named(wanted), WorkflowVersion.version == wanted.version)
        found.append(Run.version_id == same.scalar_subquery())
    elif named := _named(wanted):
        found.append(Run.workflow_id == select(Workflow.id).where(*named).scalar_subquery())
    return found


def _named(wanted: RunFilter) -> list[Condition]:
    """Which workflow or agent, if the filter names one."""
    if wanted.agent is not None:
        return [Workflow.slug == wanted.agent, Workflow.type == WorkflowType.AGENT]
    return [] if wanted.workflow is None else [Workflow.slug == wanted.workflow]


def _times(wanted: RunFilter) -> list[Condition]:
    found: list[Condition] = []
    if wanted.created_after is not None:
        found.append(Run.created_at >= wanted.created_after)
    if wanted.created_before is not None:
        found.append(Run.created_at < wanted.created_before)
    return found


def _unindexed(wanted: RunFilter) -> list[Condition]:
    """What no index knows, the cheapest question first."""
    found: list[Condition] = []
    if wanted.status and not _status_is_indexed(wanted):
        found.append(Run.status.in_(wanted.status))
    if wanted.trigger:
        found.append(Run.trigger.in_(wanted.trigger))
    if wanted.type is not None:
        found.append(Run.workflow_id.in_(select(Workflow.id).where(Workflow.type == wanted.type)))
    if wanted.cost_min is not None:
        found.append(Run.cost_usd >= wanted.cost_min)
    if wanted.cost_max is not None:
        found.append(Run.cost_usd <= wanted.cost_max)
    if wanted.started_by is not None:
        found.append(Run.started_by["name"].astext == wanted.started_by)
    if wanted.input_contains is not None:
        # As JSON text has it, so that quotes and backslashes are found too.
        text = to_json(wanted.input_contains)[1:-1].lower()
        found.append(func.lower(cast(Run.input, String)).contains(text, autoescape=True))
    return found


def _newest_first(runs: Any) -> tuple[Any, Any]:
    return runs.created_at.desc(), runs.id.desc()
