"""What schedules have done and will do in a span of time, for a calendar."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError
from api.schedules import models, repository
from db.tables import Schedule, ScheduleStart
from engine.schedule_times import times_between
from schemas.errors import ErrorCode
from schemas.schedules import ScheduleTimes

MAX_SPAN: Final = timedelta(days=45)
MAX_SCHEDULES: Final = 200
MAX_TIMES: Final = 250
"""Of each schedule, coming ones and past ones."""

_Shown = tuple[models.CalendarSchedule, list[models.CalendarEntry]]


async def calendar(
    session: AsyncSession, *, first: datetime, last: datetime, workflow: str | None
) -> models.ScheduleCalendar:
    """What happens between two moments, both included.

    Raises:
        RequestError: `invalid_request` for a span that is too long, or none.
    """
    if not first <= last <= first + MAX_SPAN:
        message = f"`ends_at` must be after `starts_at`, by at most {MAX_SPAN.days} days."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    rows = await repository.list_all(session, workflow=workflow, before=None, limit=MAX_SCHEDULES)
    ids = [row.id for row, _ in rows]
    past = await repository.starts_between(session, ids, first, last, MAX_TIMES)
    shown: list[_Shown] = []
    for row, slug in rows:
        mine = [_past(start, status) for start, status in past if start.schedule_id == row.id]
        shown.append(_of_schedule(row, slug, mine, _coming(row, first, last)))
    items = sorted((entry for _, entries in shown for entry in entries), key=lambda entry: entry.at)
    return models.ScheduleCalendar(schedules=[schedule for schedule, _ in shown], items=items)


def _of_schedule(
    row: Schedule, slug: str, past: list[models.CalendarEntry], coming: list[models.CalendarEntry]
) -> _Shown:
    frequent = len(past) >= MAX_TIMES or len(coming) >= MAX_TIMES
    schedule = models.CalendarSchedule(id=row.id, name=row.name, workflow=slug, paused=row.paused, frequent=frequent)
    return schedule, [*past, *coming]


def _coming(row: Schedule, first: datetime, last: datetime) -> list[models.CalendarEntry]:
    now = datetime.now(UTC)
    if row.paused or last <= now:
        return []
    times = ScheduleTimes.model_validate(row.times)
    found = times_between(times, max(first, now), last, MAX_TIMES)
    return [
        models.CalendarEntry(schedule_id=row.id, at=at, status="coming", run_id=None, run_status=None, problem=None)
        for at in found
        if at > now
    ]


def _past(start: ScheduleStart, run_status: str | None) -> models.CalendarEntry:
    return models.CalendarEntry.model_validate(
        {
            "schedule_id": start.schedule_id,
            "at": start.scheduled_at,
            "status": start.status,
            "run_id": start.run_id,
            "run_status": run_status,
            "problem": None if start.error is None else start.error.get("message"),
        }
    )
