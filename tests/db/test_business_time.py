"""Times that pass in business hours only: over nights, weekends, holidays, and when clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.business_time import Hours, TimeLine
from schemas.errors import ErrorCode, PerdureError

ALL_DAY = [("00:00", "24:00")]
OFFICE: Hours = {str(day): [("09:00", "12:00"), ("13:00", "17:00")] for day in range(5)}
BERLIN = ZoneInfo("Europe/Berlin")


def line(start: str, hours: Hours = OFFICE, zone: str = "Europe/Berlin", **more: object) -> TimeLine:
    """A time line from a moment in local time."""
    begins = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return TimeLine(start=begins, zone=ZoneInfo(zone), hours=hours, **more)  # type: ignore[arg-type]


def local(moment: datetime, zone: ZoneInfo = BERLIN) -> str:
    """As the clock on the wall shows it."""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def test_without_a_calendar_every_moment_counts() -> None:
    start = datetime(2026, 3, 29, tzinfo=UTC)
    assert TimeLine(start).after(3_600) == start + timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-06-01T09:00", 1, "2026-06-01T10:00"),
        ("2026-06-01T11:30", 1, "2026-06-01T13:30"),
        ("2026-06-01T12:30", 1, "2026-06-01T14:00"),
        ("2026-06-01T16:59", 1, "2026-06-02T09:59"),
        ("2026-06-05T16:00", 2, "2026-06-08T10:00"),
        ("2026-06-06T03:00", 7, "2026-06-08T17:00"),
        ("2026-06-01T09:00", 35, "2026-06-05T17:00"),
        ("2026-06-01T20:00", 0, "2026-06-02T09:00"),
        # The weekends between these days are those on which clocks change.
        ("2026-03-27T16:00", 2, "2026-03-30T10:00"),
        ("2026-10-23T16:00", 2, "2026-10-26T10:00"),
    ],
)
def test_office_hours(start: str, hours: float, due: str) -> None:
    assert local(line(start).after(hours * 3_600)) == due


def test_a_day_on_which_clocks_go_forward_is_an_hour_shorter() -> None:
    always = {str(day): ALL_DAY for day in range(7)}
    assert local(line("2026-03-29T00:00", always).after(24 * 3_600)) == "2026-03-30T01:00"
    assert local(line("2026-10-25T00:00", always).after(24 * 3_600)) == "2026-10-25T23:00"


def test_hours_that_are_left_out_do_not_count() -> None:
    night = {"6": [("01:00", "02:30"), ("03:00", "04:00")]}
    # Clocks go from 02:00 to 03:00: one hour from 1 to 2 is left of the first, and the second is whole.
    spring = line("2026-03-29T00:00", night)
    assert local(spring.after(3_600)) == "2026-03-29T03:00"
    assert local(spring.after(2 * 3_600)) == "2026-03-29T04:00"
    assert local(spring.after(2 * 3_600 + 60)) == "2026-04-05T01:01"


def test_hours_that_come_twice_count_twice() -> None:
    night = {"6": [("02:00", "03:00")]}
    autumn = line("2026-10-25T00:00", night)
    assert autumn.after(2 * 3_600) == datetime(2026, 10, 25, 2, tzinfo=UTC)
    assert local(autumn.after(2 * 3_600 + 60)) == "2026-11-01T02:01"


def test_holidays_and_closed_days_are_skipped() -> None:
    assert local(line("2026-12-24T16:00", country="DE").after(2 * 3_600)) == "2026-12-28T10:00"
    closed = frozenset({date(2026, 12, 28)})
    assert local(line("2026-12-24T16:00", country="DE", closed=closed).after(2 * 3_600)) == "2026-12-29T10:00"
    assert local(line("2026-12-24T16:00").after(2 * 3_600)) == "2026-12-25T10:00"
    names = line("2026-12-24T16:00", country="DE").free_days(datetime(2026, 12, 27, tzinfo=UTC))
    assert [day for day, _ in names] == [date(2026, 12, 25), date(2026, 12, 26)]


def test_the_day_is_that_of_the_place() -> None:
    tokyo = {"0": [("00:00", "01:00")]}
    assert line("2026-06-01T00:00", tokyo, "Asia/Tokyo").after(1_800) == datetime(2026, 5, 31, 15, 30, tzinfo=UTC)


def test_a_calendar_that_never_opens() -> None:
    for hours in ({}, {"0": [("09:00", "09:01")]}):
        with pytest.raises(PerdureError) as refused:
            line("2026-06-01T00:00", hours).after(40 * 3_600)
        assert refused.value.code is ErrorCode.INVALID_CONFIG


_MINUTES = st.integers(0, 24 * 60)
_ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])


@st.composite
def _weeks(draw: st.DrawFn) -> Hours:
    week: dict[str, list[tuple[str, str]]] = {}
    for day in range(7):
        cuts = sorted(draw(st.sets(_MINUTES, max_size=6)))
        pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
        week[str(day)] = [(f"{a // 60:02}:{a % 60:02}", f"{b // 60:02}:{b % 60:02}") for a, b in pairs]
    return week


@given(_weeks(), _ZONES, st.integers(0, 366 * 24 * 60), st.lists(st.integers(0, 60 * 60), min_size=2, max_size=5))
def test_times_add_up(week: Hours, zone: str, minutes: int, parts: list[int]) -> None:
    """Whoever waits twice in a row waits as long as whoever waits for both at once, and later is never earlier."""
    begins = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    whole = TimeLine(begins, ZoneInfo(zone), week)
    if not any(week.values()):
        return
    now = begins
    for part in parts:
        then = TimeLine(now, ZoneInfo(zone), week).after(part)
        assert then >= now
        now = then
    assert now == whole.after(sum(parts)) or sum(parts) == 0
