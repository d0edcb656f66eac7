"""Quiet hours and digests in time zones, also where summer time begins or ends."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from db.notifications.timing import hold_until
from schemas.notifications import Preferences, QuietHours

BERLIN = "Europe/Berlin"


def at(text: str, zone: str = BERLIN) -> datetime:
    """A local time as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def quiet(start: str = "20:00", end: str = "07:00", zone: str = BERLIN, **more: object) -> Preferences:
    weekends = bool(more.pop("weekends", False))
    hours = QuietHours(start=start, end=end, weekends=weekends)
    return Preferences.model_validate({"quiet": hours, "time_zone": zone, **more})


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-06-10T12:00", None),
        ("2026-06-10T19:59", None),
        ("2026-06-10T20:00", "2026-06-11T07:00"),
        ("2026-06-10T23:59", "2026-06-11T07:00"),
        ("2026-06-11T06:59", "2026-06-11T07:00"),
        ("2026-06-11T07:00", None),
        # Clocks go forward in this night, and back in that one: the end stays seven o'clock.
        ("2026-03-28T23:00", "2026-03-29T07:00"),
        ("2026-10-24T23:00", "2026-10-25T07:00"),
    ],
)
def test_quiet_hours_over_midnight(now: str, until: str | None):
    assert hold_until(quiet(), at(now)) == (None if until is None else at(until))


def test_quiet_hours_within_a_day():
    wanted = quiet("12:00", "13:30")
    assert hold_until(wanted, at("2026-06-10T12:10")) == at("2026-06-10T13:30")
    assert hold_until(wanted, at("2026-06-10T11:59")) is None


def test_they_are_those_of_the_reader():
    now = datetime(2026, 6, 10, 12, tzinfo=UTC)
    assert hold_until(quiet(zone="America/Los_Angeles"), now) == at("2026-06-10T07:00", "America/Los_Angeles")
    assert hold_until(quiet(zone="Asia/Tokyo"), now) == at("2026-06-11T07:00", "Asia/Tokyo")
    assert hold_until(quiet(zone="Europe/London"), now) is None


def test_a_weekend_is_quiet_until_monday_morning():
    wanted = quiet(weekends=True)
    friday_night, saturday_noon = at("2026-06-12T22:00"), at("2026-06-13T12:00")
    assert hold_until(wanted, friday_night) == hold_until(wanted, saturday_noon) == at("2026-06-15T07:00")
    assert hold_until(wanted, at("2026-06-15T08:00")) is None


def test_an_end_that_summer_time_skips_comes_later_and_not_never():
    wanted = quiet("01:00", "02:30")
    until = hold_until(wanted, at("2026-03-29T01:30"))
    assert until == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 on the clock


def test_an_hour_that_comes_twice_ends_once():
    wanted = quiet("01:00", "02:30")
    first, second = (datetime(2026, 10, 25, hour, 45, tzinfo=UTC) for hour in (0, 1))
    assert hold_until(wanted, datetime(2026, 10, 25, 0, 10, tzinfo=UTC)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert hold_until(wanted, first) is None
    assert hold_until(wanted, second) is None


def test_urgent_requests_are_told_at_once_if_their_reader_wishes():
    now = at("2026-06-10T22:00")
    assert hold_until(quiet(), now, urgent=True) is None
    assert hold_until(quiet(urgent_anytime=False), now, urgent=True) == at("2026-06-11T07:00")


def test_digests():
    daily = Preferences(digest="daily", digest_at="09:00", time_zone=BERLIN)
    assert hold_until(daily, at("2026-06-10T08:00")) == at("2026-06-10T09:00")
    assert hold_until(daily, at("2026-06-10T09:00")) == at("2026-06-11T09:00")
    hourly = Preferences(digest="hourly", time_zone="Asia/Kolkata")
    assert hold_until(hourly, datetime(2026, 6, 10, 8, 20, tzinfo=UTC)) == datetime(2026, 6, 10, 9, tzinfo=UTC)


def test_a_digest_within_quiet_hours_comes_after_them():
    wanted = quiet(digest="hourly")
    assert hold_until(wanted, at("2026-06-10T19:30")) == at("2026-06-11T07:00")
    assert hold_until(wanted, at("2026-06-10T18:30")) == at("2026-06-10T19:00")
