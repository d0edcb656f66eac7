"""Making and changing calendars, and what a time would mean in one."""

from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from api.calendars import models, repository
from api.errors import RequestError, not_found
from api.requests import bad_cursor, decode_cursor, encode_cursor
from db import audit
from db.audit import Actor
from db.business_time import of_calendar
from db.tables import Calendar
from schemas.errors import ErrorCode, PerdureError

_MOST_HOLIDAYS: Final = 100
_YEARS: Final = range(1990, 2200)
"""Of which the public holidays are known."""


async def list_calendars(session: AsyncSession, cursor: str | None, limit: int) -> models.CalendarPage:
    """A page of calendars."""
    after = None if cursor is None else _place(cursor)
    rows = await repository.list_calendars(session, after=after, limit=limit + 1)
    items = [_described(row) for row in rows[:limit]]
    more = encode_cursor(items[-1].name, str(items[-1].id)) if len(rows) > limit else None
    return models.CalendarPage(items=items, next_cursor=more)


async def get_calendar(session: AsyncSession, calendar_id: UUID) -> models.Calendar:
    """A calendar.

    Raises:
        RequestError: `not_found`.
    """
    return _described(await _found(session, calendar_id))


async def create_calendar(session: AsyncSession, actor: Actor, body: models.CalendarContent) -> models.Calendar:
    """Make a calendar.

    Raises:
        RequestError: `conflict` if the name is taken.
    """
    await _check_name(session, actor, body.name)
    calendar = Calendar(id=uuid4(), workspace_id=actor.workspace_id, **_columns(body))
    session.add(calendar)
    await session.flush()
    await session.refresh(calendar)
    made = _described(calendar)
    audit.record(session, actor, "calendar.created", ("calendar", calendar.id), after=_audited(made))
    return made


async def update_calendar(
    session: AsyncSession, actor: Actor, calendar_id: UUID, body: models.CalendarContent
) -> models.Calendar:
    """Let a calendar say something else; requests that are open keep their times.

    Raises:
        RequestError: `not_found`; `conflict` if the name is taken, or is changed while workflows use it.
    """
    await _check_name(session, actor, body.name, but=calendar_id)
    calendar = await _locked(session, calendar_id)
    before = _described(calendar)
    if body.name.lower() != calendar.name.lower():
        await _refuse_used(session, calendar.name, "give it another name")
    for name, value in _columns(body).items():
        setattr(calendar, name, value)
    await session.flush()
    after = _described(calendar)
    if after != before:
        subject = ("calendar", calendar_id)
        audit.record(session, actor, "calendar.updated", subject, before=_audited(before), after=_audited(after))
    return after


async def delete_calendar(session: AsyncSession, actor: Actor, calendar_id: UUID) -> None:
    """Delete a calendar.

    Raises:
        RequestError: `not_found`, `conflict` if the latest version of a workflow uses it.
    """
    calendar = await _locked(session, calendar_id)
    await _refuse_used(session, calendar.name, "delete it")
    before = _audited(_described(calendar))
    await session.delete(calendar)
    audit.record(session, actor, "calendar.deleted", ("calendar", calendar_id), before=before)


async def preview(
    session: AsyncSession, calendar_id: UUID, seconds: float, begins_at: datetime | None
) -> models.Preview:
    """When a time would be over.

    Raises:
        RequestError: `not_found`, `invalid_request` if the calendar has too few open hours.
    """
    calendar = await _found(session, calendar_id)
    if begins_at is not None and begins_at.year not in _YEARS:
        raise RequestError(ErrorCode.INVALID_REQUEST, f"`from`: give a year from {_YEARS[0]} to {_YEARS[-1]}.")
    line = of_calendar(calendar, (begins_at or datetime.now(UTC)).astimezone(UTC))
    try:
        due = line.after(seconds)
    except PerdureError as error:
        raise RequestError(ErrorCode.INVALID_REQUEST, error.info.message) from error
    free = line.free_days(due)[:_MOST_HOLIDAYS]
    return models.Preview(
        begins_at=line.start,
        due_at=due,
        due_local=due.astimezone(ZoneInfo(calendar.time_zone)),
        holidays=[models.Holiday(day=day, name=name) for day, name in free],
    )


async def _check_name(session: AsyncSession, actor: Actor, name: str, but: UUID | None = None) -> None:
    await repository.lock_names(session, actor.workspace_id)
    if await repository.name_is_taken(session, name, but):
        raise RequestError(ErrorCode.CONFLICT, f"There is a calendar {name!r} already; choose another name.")


async def _refuse_used(session: AsyncSession, name: str, what: str) -> None:
    if users := await repository.users_of(session, name):
        message = f"Workflows use this calendar by its name: {', '.join(users)}. Change them before you {what}."
        raise RequestError(ErrorCode.CONFLICT, message, details={"workflows": users})


async def _found(session: AsyncSession, calendar_id: UUID) -> Calendar:
    calendar = await repository.find_calendar(session, calendar_id)
    if calendar is None:
        raise not_found("calendar", calendar_id)
    return calendar


async def _locked(session: AsyncSession, calendar_id: UUID) -> Calendar:
    calendar = await repository.lock_calendar(session, calendar_id)
    if calendar is None:
        raise not_found("calendar", calendar_id)
    return calendar


def _columns(body: models.CalendarContent) -> dict[str, Any]:
    plain = body.model_dump(include={"name", "time_zone", "country", "subdivision"})
    return {**plain, "hours": models.stored(body.hours), "closed": [day.isoformat() for day in body.closed]}


def _described(row: Calendar) -> models.Calendar:
    return models.Calendar(
        id=row.id,
        name=row.name,
        time_zone=row.time_zone,
        hours=models.shown(row.hours),
        country=row.country,
        subdivision=row.subdivision,
        closed=[date.fromisoformat(day) for day in row.closed],
        created_at=row.created_at,
    )


def _audited(calendar: models.Calendar) -> dict[str, Any]:
    return calendar.model_dump(mode="json", exclude={"id", "created_at"})


def _place(cursor: str) -> tuple[str, UUID]:
    name, identity = decode_cursor(cursor, 2)
    try:
        return name, UUID(identity)
    except ValueError:
        raise bad_cursor() from None
