"""When a workflow starts by itself: cron expressions, intervals, calendars; what travels through Temporal for it."""

import re
from enum import StrEnum
from typing import Annotated, Final, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from schemas.document import Duration
from schemas.messages import Message

SCHEDULED_START: Final = "scheduled_start"
"""Workflow type of one start; it lasts as long as the run, so that Temporal knows what overlaps."""

MAX_PARTS: Final = 50
"""Cron expressions, intervals, calendars and exceptions of one schedule, of each."""

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[dict[str, tuple[int, int, dict[str, int]]]] = {
    "second": (0, 59, {}),
    "minute": (0, 59, {}),
    "hour": (0, 23, {}),
    "day_of_month": (1, 31, {}),
    "month": (1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    "day_of_week": (0, 7, {name: number for number, name in enumerate(_DAYS)}),
    "year": (2000, 2100, {}),
}
_SHORTHANDS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_PART: Final = re.compile(r"(?:\*|(?P<first>[a-z0-9]{1,9})(?:-(?P<last>[a-z0-9]{1,9}))?)(?:/(?P<step>[0-9]{1,4}))?")

Range = tuple[int, int, int]
"""First, last and step."""


def parse_field(name: str, text: str) -> list[Range]:
    """The ranges of a field such as `*/15`, `9-17` or `mon,wed-fri`.

    Raises:
        ValueError: It is none; the message is a sentence.
    """
    low, high, names = _FIELDS[name]
    ranges = [_range(name, part.strip().lower(), low, high, names) for part in text.split(",")]
    # Sunday is 0 and 7; a range that ends with it is cut in two.
    return [piece for one in ranges for piece in _without_seven(one)] if name == "day_of_week" else ranges


def _range(name: str, part: str, low: int, high: int, names: dict[str, int]) -> Range:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"`{part[:40]}` is no {name.replace('_', ' ')}; write such as *, 5, 1-5, */2 or a list")
    if found["first"] is None:
        first, last = low, 6 if name == "day_of_week" else high
    else:
        first = _number(name, found["first"], low, high, names)
        open_end = high if found["step"] else first
        last = _number(name, found["last"], low, high, names) if found["last"] else open_end
    step = int(found["step"] or 1)
    if last < first or step < 1:
        raise ValueError(f"`{part}` is an empty range of the {name.replace('_', ' ')}")
    return first, last, step


def _number(name: str, text: str, low: int, high: int, names: dict[str, int]) -> int:
    value = names.get(text[:3]) if text.isalpha() else int(text) if text.isdigit() else None
    if value is None or not low <= value <= high:
        raise ValueError(f"`{text}` is no {name.replace('_', ' ')}, which is between {low} and {high}")
    return value


def _without_seven(one: Range) -> list[Range]:
    first, last, step = one
    if last < 7:
        return [one]
    days = sorted({day % 7 for day in range(first, last + 1, step)})
    return [(day, day, 1) for day in days]


def _field(name: str) -> AfterValidator:
    def check(text: str) -> str:
        parse_field(name, text)
        return text

    return AfterValidator(check)


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"there is no time zone {name[:64]!r}; use a name such as Europe/Berlin") from None
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CalendarTimes(_Strict):
    """Times at which all fields match, in the schedule's time zone; each field is written as in cron."""

    second: Annotated[str, _field("second")] = Field(default="0", max_length=200)
    minute: Annotated[str, _field("minute")] = Field(default="0", max_length=200)
    hour: Annotated[str, _field("hour")] = Field(default="0", max_length=200)
    day_of_month: Annotated[str, _field("day_of_month")] = Field(default="*", max_length=200)
    month: Annotated[str, _field("month")] = Field(default="*", max_length=200)
    day_of_week: Annotated[str, _field("day_of_week")] = Field(
        default="*", max_length=200, description="0 or 7 is Sunday; names such as mon-fri are understood too."
    )
    year: Annotated[str, _field("year")] = Field(default="*", max_length=200)

    @classmethod
    def of_cron(cls, expression: str) -> "CalendarTimes":
        """The times of a cron expression of five fields, or of a shorthand such as @daily.

        Raises:
            ValueError: It is none.
        """
        fields = _SHORTHANDS.get(expression.strip().lower(), expression).split()
        if len(fields) != 5:
            raise ValueError("a cron expression has five fields: minute, hour, day of month, month, day of week")
        names = ("minute", "hour", "day_of_month", "month", "day_of_week")
        for name, text in zip(names, fields, strict=True):
            parse_field(name, text)
        return cls(**dict(zip(names, fields, strict=True)))

    def ranges(self, name: str) -> list[Range]:
        """The ranges of a field."""
        return parse_field(name, getattr(self, name))


class Interval(_Strict):
    """Every so often, counted from 1970-01-01T00:00:00Z."""

    every: Duration = Field(ge=1, le=366 * 86_400.0, description="Seconds, or text such as `15m` or `6h`.")
    offset: Duration = Field(default=0.0, ge=0, description="How long after each beginning.")

    @model_validator(mode="after")
    def _whole_seconds(self) -> Self:
        if self.every != int(self.every) or self.offset != int(self.offset):
            raise ValueError("an interval counts whole seconds")
        if self.offset >= self.every:
            raise ValueError("`offset` must be shorter than `every`")
        return self


def _cron(text: str) -> str:
    CalendarTimes.of_cron(text)
    return text


class ScheduleTimes(_Strict):
    """When a schedule acts: whenever one of its crons, intervals or calendars says so, and no exception does."""

    cron: list[Annotated[str, Field(max_length=200), AfterValidator(_cron)]] = Field(
        default_factory=list,
        max_length=MAX_PARTS,
        description="Five fields, all of which must match: minute, hour, day of month, month, day of week.",
        examples=[["0 9 * * mon-fri"]],
    )
    intervals: list[Interval] = Field(default_factory=list, max_length=MAX_PARTS)
    calendars: list[CalendarTimes] = Field(default_factory=list, max_length=MAX_PARTS)
    exceptions: list[CalendarTimes] = Field(
        default_factory=list, max_length=MAX_PARTS, description="Times at which it does not act."
    )
    time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        default="UTC",
        max_length=64,
        description="IANA name. A local time that a clock change skips is left out.",
    )
    jitter: Duration = Field(default=0.0, ge=0, le=86_400.0, description="Each start is late by up to so much.")
    starts_at: AwareDatetime | None = Field(default=None, description="Not before.")
    ends_at: AwareDatetime | None = Field(default=None, description="Not after.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not (self.cron or self.intervals or self.calendars):
            raise ValueError("say when: give at least one of cron, intervals and calendars")
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("`ends_at` must be after `starts_at`")
        return self

    def all_calendars(self) -> list[CalendarTimes]:
        """Calendars, also those that are written as cron expressions."""
        return [*(CalendarTimes.of_cron(text) for text in self.cron), *self.calendars]


class Overlap(StrEnum):
    """What a schedule does when a run that it has started has not ended. Part of the public API."""

    SKIP = "skip"
    """Leave this time out."""
    BUFFER_ONE = "buffer_one"
    """Start when that one ends; of several times that wait, one is enough."""
    BUFFER_ALL = "buffer_all"
    """Start when that one ends, once for each time."""
    CANCEL_OTHER = "cancel_other"
    """Cancel that one, and start when it has ended."""
    TERMINATE_OTHER = "terminate_other"
    """End that one at once, without compensation, and start."""
    ALLOW_ALL = "allow_all"
    """Start beside it."""


class ScheduledStartOrder(Message):
    """Argument of the workflow `scheduled_start`."""

    schedule_id: str


class StartScheduledRun(Message):
    """Argument of the activity `start_scheduled_run`."""

    schedule_id: str
    scheduled_at: str
    """RFC 3339, UTC."""
    waiter: str
    """Id of the workflow that asks."""


class ScheduledRun(Message):
    """What became of a start."""

    run_id: str | None = None
    waits: bool = False
    """Whether the end of the run is to be waited for."""


class RunEnded(Message):
    """Signal `run_ended` to `scheduled_start`."""

    run_id: str
