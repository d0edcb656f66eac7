"""When a provider wants to be asked again."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_SECONDS = 3600.0
"""A provider that asks for more is asked again after an hour, for limits are also raised by people."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `retry-after-ms` or `retry-after` (seconds or HTTP date); None if they say nothing usable."""
    seconds = _number(headers.get("retry-after-ms"), 0.001)
    if seconds is None:
        seconds = _number(headers.get("retry-after"), 1.0)
    if seconds is None:
        seconds = _until(headers.get("retry-after"), headers.get("date"))
    return None if seconds is None else min(max(seconds, 0.0), MAX_SECONDS)


def _number(text: str | None, unit: float) -> float | None:
    try:
        value = float(text) * unit if text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _until(text: str | None, now: str | None) -> float | None:
    """Seconds until a date, by the other side's clock if it tells the time."""
    date = _date(text)
    if date is None:
        return None
    return (date - (_date(now) or datetime.now(UTC))).total_seconds()


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return date if date is None or date.tzinfo else date.replace(tzinfo=UTC)
