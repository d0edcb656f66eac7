"""The times of a schedule as Temporal counts them, so that they can be shown before and without asking it.

In the one hour of a year that clocks show twice, Temporal may act more often than is told here.
"""

import heapq
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import product
from typing import Final
from zoneinfo import ZoneInfo

from schemas.schedules import CalendarTimes, Interval, ScheduleTimes

MAX_LOOKED_AT: Final = 20_000
"""Times that are looked at; behind so many that are left out nothing more is told."""

_HORIZON: Final = 366 * 10
"""Days that are looked at."""


def next_times(times: ScheduleTimes, after: datetime, count: int) -> list[datetime]:
    """The next times after a moment, in UTC, without jitter."""
    return _some(times, after, None, count)


def times_between(times: ScheduleTimes, first: datetime, last: datetime, limit: int) -> list[datetime]:
    """The times from `first` to `last`, both included, at most so many."""
    return _some(times, first - timedelta(seconds=1), last, limit)


def _some(times: ScheduleTimes, after: datetime, last: datetime | None, limit: int) -> list[datetime]:
    zone = ZoneInfo(times.time_zone)
    after = after.astimezone(UTC).replace(microsecond=0)
    if times.starts_at is not None:
        after = max(after, times.starts_at.astimezone(UTC) - timedelta(microseconds=1))
    ends = [moment.astimezone(UTC) for moment in (times.ends_at, last) if moment is not None]
    sources = [_of_calendar(_compiled(one), zone, after) for one in times.all_calendars()]
    sources += [_of_interval(one, after) for one in times.intervals]
    exceptions = [_compiled(one) for one in times.exceptions]
    found: list[datetime] = []
    for looked_at, moment in enumerate(heapq.merge(*sources)):
        if len(found) >= limit or looked_at >= MAX_LOOKED_AT or any(moment > end for end in ends):
            break
        if (not found or found[-1] != moment) and not any(_holds(one, moment.astimezone(zone)) for one in exceptions):
            found.append(moment)
    return found


_Compiled = dict[str, frozenset[int]]


@lru_cache(maxsize=1_000)
def _compiled(calendar: CalendarTimes) -> _Compiled:
    return {
        name: frozenset(
            number for first, last, step in calendar.ranges(name) for number in range(first, last + 1, step)
        )
        for name in CalendarTimes.model_fields
    }


def _of_interval(interval: Interval, after: datetime) -> Iterator[datetime]:
    every, offset = int(interval.every), int(interval.offset)
    at = int(after.timestamp()) - offset
    at = at - at % every + every + offset
    for number in range(MAX_LOOKED_AT):
        yield datetime.fromtimestamp(at + number * every, UTC)


def _of_calendar(calendar: _Compiled, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    today = after.astimezone(zone).date()
    for number in range(_HORIZON):
        day = today + timedelta(days=number)
        if _is_day(calendar, day):
            yield from (moment for moment in _of_day(calendar, day, zone) if moment > after)


def _of_day(calendar: _Compiled, day: date, zone: ZoneInfo) -> list[datetime]:
    """The times of a day: none that the clocks skip, and each that they show twice once."""
    found = set()
    for hour, minute, second in product(calendar["hour"], calendar["minute"], calendar["second"]):
        clock = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)
        moment = _moment(clock, zone)
        if _clock(moment, zone) == clock:
            found.add(moment)
    return sorted(found)


def _moment(clock: datetime, zone: ZoneInfo) -> datetime:
    """When clocks of a zone show something, found in the way in which Temporal finds it.

    Args:
        clock: What they show, as if it were UTC.
        zone: Where they are.
    """
    guess = clock - (_clock(clock, zone) - clock)
    return clock - (_clock(guess, zone) - guess)


def _clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """What clocks of a zone show at a moment, as if it were UTC."""
    return moment.astimezone(zone).replace(tzinfo=UTC, fold=0)


def _is_day(calendar: _Compiled, day: date) -> bool:
    return (
        day.year in calendar["year"]
        and day.month in calendar["month"]
        and day.day in calendar["day_of_month"]
        and day.isoweekday() % 7 in calendar["day_of_week"]
    )


def _holds(calendar: _Compiled, local: datetime) -> bool:
    clock = (("hour", local.hour), ("minute", local.minute), ("second", local.second))
    return _is_day(calendar, local.date()) and all(value in calendar[name] for name, value in clock)
