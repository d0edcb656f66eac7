"""When a message may be sent: quiet hours and digests in the time zone of its reader."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from schemas.notifications import Preferences, QuietHours

_SATURDAY: Final = 5
_LONGEST_QUIET: Final = 9
"""Stretches of quiet that can follow each other: the nights and days of a long weekend."""


def hold_until(wanted: Preferences, now: datetime, *, urgent: bool = False) -> datetime | None:
    """Until when a message waits, in UTC; nothing if it may be sent now.

    Args:
        wanted: What its reader wants.
        now: The present, with a time zone.
        urgent: Whether the request is urgent.
    """
    if urgent and wanted.urgent_anytime:
        return None
    zone = ZoneInfo(wanted.time_zone)
    at = _gathered(wanted, now.astimezone(zone))
    if wanted.quiet is not None:
        at = _after_quiet(wanted.quiet, at)
    at = at.astimezone(UTC)
    return at if at > now else None


def _gathered(wanted: Preferences, now: datetime) -> datetime:
    """When the next digest is due; now if there is none."""
    if wanted.digest == "hourly":
        # In UTC, where every hour has sixty minutes.
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        return (hour + timedelta(hours=1)).astimezone(now.tzinfo)
    if wanted.digest == "daily":
        today = _local(now, now.date(), wanted.digest_at)
        return today if _later(today, now) else _local(now, now.date() + timedelta(days=1), wanted.digest_at)
    return now


def _after_quiet(quiet: QuietHours, at: datetime) -> datetime:
    for _ in range(_LONGEST_QUIET):
        end = _end_of_quiet(quiet, at)
        if end is None or not _later(end, at):
            return at
        at = end
    return at


def _end_of_quiet(quiet: QuietHours, at: datetime) -> datetime | None:
    """The end of the quiet stretch around a moment; nothing if nothing is quiet then."""
    today, clock = at.date(), at.strftime("%H:%M")
    if quiet.weekends and today.weekday() >= _SATURDAY:
        return _local(at, today + timedelta(days=7 - today.weekday()), "00:00")
    if quiet.start <= quiet.end:
        return _local(at, today, quiet.end) if quiet.start <= clock < quiet.end else None
    if clock >= quiet.start:
        return _local(at, today + timedelta(days=1), quiet.end)
    return _local(at, today, quiet.end) if clock < quiet.end else None


def _local(like: datetime, day: date, clock: str) -> datetime:
    """A local time of a day. One that summer time skips is an hour later, of one that comes twice the first counts."""
    moment = datetime.combine(day, time.fromisoformat(clock), like.tzinfo)
    return moment.astimezone(UTC).astimezone(like.tzinfo)


def _later(one: datetime, other: datetime) -> bool:
    """Whether a moment is after another; of one time zone, Python would compare what the clocks show."""
    return one.astimezone(UTC) > other.astimezone(UTC)
