"""Times that pass only in business hours: from Monday to Friday, from nine to five, not on public holidays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Calendar
from schemas.errors import ErrorCode, PerdureError

_LONGEST_SEARCH: Final = timedelta(days=366 * 5)

Hours = Mapping[str, Sequence[tuple[str, str]]]
"""Local times by weekday, `"0"` is Monday: `{"0": [("09:00", "12:00"), ("13:00", "17:00")]}`."""


@dataclass(frozen=True)
class TimeLine:
    """Where a time leads that begins at `start`."""

    start: datetime
    zone: ZoneInfo | None = None
    """None: every moment counts."""
    hours: Hours = field(default_factory=dict)
    country: str | None = None
    subdivision: str | None = None
    closed: frozenset[date] = frozenset()

    def after(self, seconds: float) -> datetime:
        """The moment at which so much counted time has passed, in UTC.

        Raises:
            PerdureError: `invalid_config` if the calendar never opens.
        """
        if self.zone is None:
            return self.start + timedelta(seconds=seconds)
        left = timedelta(seconds=seconds)
        for begins, ends in self._open():
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        raise PerdureError(ErrorCode.INVALID_CONFIG, "The calendar has too few open hours for this time.")

    def free_days(self, until: datetime) -> list[tuple[date, str]]:
        """Public holidays from the start until a moment, with their names."""
        if self.zone is None:
            return []
        day, last = self.start.astimezone(self.zone).date(), until.astimezone(self.zone).date()
        names, found = self._holidays(), []
        while day <= last:
            if (name := names.get(day)) is not None:
                found.append((day, name))
            day += timedelta(days=1)
        return found

    def _open(self) -> Iterator[tuple[datetime, datetime]]:
        """Open stretches from `start` on, in UTC, where subtraction knows about summer time."""
        zone = self.zone or ZoneInfo("UTC")
        free = self._holidays()
        day, last = self.start.astimezone(zone).date(), (self.start + _LONGEST_SEARCH).date()
        # When clocks go forward, hours that are left out fall onto those after them: nothing counts twice.
        counted = self.start
        while day <= last:
            if day not in self.closed and day not in free:
                for begins, ends in self.hours.get(str(day.weekday()), ()):
                    opens, closes = max(_moment(day, begins, zone), counted), _moment(day, ends, zone)
                    if closes > opens:
                        yield opens, closes
                        counted = closes
            day += timedelta(days=1)

    def _holidays(self) -> Mapping[date, str]:
        if self.country is None:
            return {}
        return holidays.country_holidays(self.country, subdiv=self.subdivision)


async def time_line(session: AsyncSession, name: str | None, opened_at: str | None) -> TimeLine:
    """The time line of a request.

    Raises:
        PerdureError: `invalid_config` if there is no such calendar.
    """
    start = datetime.now(UTC) if opened_at is None else datetime.fromisoformat(opened_at).astimezone(UTC)
    if name is None:
        return TimeLine(start)
    calendar: Calendar | None = await session.scalar(select(Calendar).where(func.lower(Calendar.name) == name.lower()))
    if calendar is None:
        raise PerdureError(
            ErrorCode.INVALID_CONFIG, f"This workspace has no calendar {name!r}; create it or correct the node."
        )
    return of_calendar(calendar, start)


def of_calendar(calendar: Calendar, start: datetime) -> TimeLine:
    """The time line of a calendar."""
    closed: Any = calendar.closed
    return TimeLine(
        start=start,
        zone=ZoneInfo(calendar.time_zone),
        hours=calendar.hours,
        country=calendar.country,
        subdivision=calendar.subdivision,
        closed=frozenset(date.fromisoformat(day) for day in closed),
    )


def _moment(day: date, text: str, zone: ZoneInfo) -> datetime:
    if text == "24:00":
        return _moment(day + timedelta(days=1), "00:00", zone)
    return datetime.combine(day, time.fromisoformat(text), zone).astimezone(UTC)
