"""Puts together what a workspace has done in some days."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import not_found
from api.usage import repository
from api.usage.models import (
    DayFigures,
    Figures,
    ModelDayFigures,
    ModelUsage,
    UsageReport,
    WorkflowUsage,
)
from api.usage.repository import Period
from db.patience import within
from schemas.errors import ErrorCode, PerdureError

MAX_DAYS: Final = 366
USUAL_DAYS: Final = 30

PATIENCE: Final = 10.0
"""Seconds that a statement of a report may take."""

_ADVICE: Final = "So much ran in these days that they cannot be summed up at once; ask for fewer days."

_Row = Mapping[str, Any]
_Made = TypeVar("_Made", bound=BaseModel)


@dataclass(frozen=True)
class Wanted:
    """Which report is asked for; days that are not named are the latest 30."""

    first: date | None
    last: date | None
    workflow: str | None


async def usage_report(session: AsyncSession, workspace_id: UUID, wanted: Wanted) -> UsageReport:
    """What was done, spent and waited for in some days.

    Raises:
        PerdureError: `invalid_request` if the days cannot be, or hold too much.
        RequestError: `not_found` if there is no such workflow.
    """
    period = await _period(session, workspace_id, wanted)
    async with within(session, PATIENCE, _ADVICE):
        runs = await repository.runs_by_workflow_and_day(session, period)
        waits = await repository.waits_by_workflow_and_day(session, period)
        calls = await repository.calls_by_model_and_day(session, period)
        names = await repository.workflow_names(session, {row["workflow_id"] for row in runs})
    cells = [dict(row) for row in [*runs, *waits]]
    return UsageReport(
        first=period.first,
        last=period.last,
        totals=_sum(Figures, cells),
        days=_every_day(period, cells),
        workflows=_by_workflow(cells, names),
        models=_by_model(calls, runs),
    )


async def _period(session: AsyncSession, workspace_id: UUID, wanted: Wanted) -> Period:
    last = wanted.last or datetime.now(UTC).date()
    first = wanted.first or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise PerdureError(ErrorCode.INVALID_REQUEST, "`first` is after `last`; name the earlier day first.")
    if (last - first).days >= MAX_DAYS:
        raise PerdureError(ErrorCode.INVALID_REQUEST, f"A report is about {MAX_DAYS} days at most; name fewer days.")
    workflow_id = None
    if wanted.workflow is not None:
        workflow_id = await repository.find_workflow_id(session, wanted.workflow)
        if workflow_id is None:
            raise not_found("workflow", wanted.workflow)
    return Period(workspace_id, first, last, workflow_id)


def _every_day(period: Period, cells: Iterable[_Row]) -> list[DayFigures]:
    by_day = _grouped(cells, "day")
    days = [period.first + timedelta(days=offset) for offset in range((period.last - period.first).days + 1)]
    return [_sum(DayFigures, by_day.get(day, ()), day=day) for day in days]


def _by_workflow(cells: Iterable[_Row], names: Mapping[UUID, tuple[str, str]]) -> list[WorkflowUsage]:
    found = []
    for workflow_id, own in _grouped(cells, "workflow_id").items():
        if workflow_id not in names:
            continue
        slug, name = names[workflow_id]
        days = [_sum(DayFigures, rows, day=day) for day, rows in sorted(_grouped(own, "day").items())]
        found.append(_sum(WorkflowUsage, own, workflow=slug, name=name, days=days))
    return sorted(found, key=lambda one: (-one.cost_usd, -one.runs, one.workflow))


def _by_model(calls: Sequence[RowMapping], runs: Sequence[RowMapping]) -> list[ModelUsage]:
    rows: list[_Row] = [*(dict(row) for row in calls), *_unaccounted(calls, runs)]
    found = []
    for model, own in _grouped(rows, "model").items():
        days = [_sum(ModelDayFigures, some, day=day) for day, some in sorted(_grouped(own, "day").items())]
        found.append(_sum(ModelUsage, own, model=model, days=days))
    return sorted(found, key=lambda one: (-one.cost_usd, -one.calls, one.model or ""))


def _unaccounted(calls: Sequence[RowMapping], runs: Sequence[RowMapping]) -> list[_Row]:
    """What runs have spent beyond their completed steps: failed attempts, and steps that were run again."""
    counted, spent = _grouped(calls, "day"), _grouped(runs, "day")
    fields = ("tokens_in", "tokens_out", "cost_usd")
    rest = [
        {"model": None, "day": day, "calls": 0}
        | {name: max(0, _total(rows, name) - _total(counted.get(day, ()), name)) for name in fields}
        for day, rows in spent.items()
    ]
    return [row for row in rest if any(row[name] for name in fields)]


def _grouped(rows: Iterable[_Row | RowMapping], field: str) -> dict[Any, list[_Row]]:
    groups: defaultdict[Any, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[row[field]].append(row)  # type: ignore[arg-type]
    return dict(groups)


def _sum(made: type[_Made], rows: Iterable[_Row], **facts: Any) -> _Made:
    """The sum of each figure over rows that may lack some of them."""
    rows = list(rows)
    figures = [name for name, field in made.model_fields.items() if field.annotation in (int, float)]
    return made.model_validate({name: _total(rows, name) for name in figures} | facts)


def _total(rows: Iterable[_Row], figure: str) -> Decimal:
    return sum((Decimal(row.get(figure, 0)) for row in rows), Decimal(0))
