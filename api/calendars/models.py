"""Requests and answers about business-hours calendars."""

from datetime import date, datetime
from itertools import pairwise
from typing import Annotated, Final, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import holidays
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from api.identity.models import Body

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of their numbers, from 0."""

COUNTRIES: Final = {
    code: sorted(parts)
    for code, parts in holidays.list_supported_countries(include_aliases=False).items()
    if len(code) == 2
}
"""Countries whose public holidays are known, with their subdivisions."""

_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"

CalendarName = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=1, max_length=100, pattern=r"\S", examples=["office hours Berlin"]),
]


def _time_zone(name: str) -> str:
    # Not by opening it: a name from outside must never become a path.
    if name not in available_timezones():
        raise ValueError("is not the name of an IANA time zone, such as Europe/Berlin")
    ZoneInfo(name)
    return name


TimeZone = Annotated[str, Field(min_length=1, max_length=100, examples=["Europe/Berlin"]), AfterValidator(_time_zone)]


class Span(Body):
    """Hours of one day."""

    begins: str = Field(pattern=_TIME, examples=["09:00"], description="Local time.")
    ends: str = Field(
        pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$",
        examples=["17:00"],
        description="Local time, `24:00` at the latest.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.begins >= self.ends:
            raise ValueError(
                f"{self.begins} to {self.ends} does not end after it begins on the same day; for hours over midnight "
                "give 24:00 here and begin at 00:00 on the next day"
            )
        return self


def _apart(spans: list[Span]) -> list[Span]:
    ordered = sorted(spans, key=lambda span: span.begins)
    for earlier, later in pairwise(ordered):
        if later.begins < earlier.ends:
            raise ValueError(f"{earlier.begins}-{earlier.ends} and {later.begins}-{later.ends} overlap")
    return ordered


Spans = Annotated[list[Span], Field(max_length=10), AfterValidator(_apart)]


class Hours(Body):
    """Open hours by weekday; a day without any is closed."""

    monday: Spans = Field(default_factory=list)
    tuesday: Spans = Field(default_factory=list)
    wednesday: Spans = Field(default_factory=list)
    thursday: Spans = Field(default_factory=list)
    friday: Spans = Field(default_factory=list)
    saturday: Spans = Field(default_factory=list)
    sunday: Spans = Field(default_factory=list)

    @model_validator(mode="after")
    def _open_at_all(self) -> Self:
        if not any(getattr(self, day) for day in WEEKDAYS):
            raise ValueError("at least one day must be open")
        return self


def _each_once(days: list[date]) -> list[date]:
    return sorted({*days})


ClosedDays = Annotated[
    list[date], Field(max_length=1_000, description="Further days that are closed."), AfterValidator(_each_once)
]


class CalendarContent(Body):
    """What a calendar says."""

    name: CalendarName = Field(description="Nodes name it: `calendar` of `approval`.")
    time_zone: TimeZone
    hours: Hours
    country: str | None = Field(
        default=None, max_length=2, examples=["DE"], description="Whose public holidays are closed."
    )
    subdivision: str | None = Field(default=None, max_length=100, examples=["BY"])
    closed: ClosedDays = Field(default_factory=list)

    @model_validator(mode="after")
    def _known_country(self) -> Self:
        if self.country is None:
            if self.subdivision is not None:
                raise ValueError("`subdivision` is part of a country; give `country` too")
            return self
        if self.country not in COUNTRIES:
            raise ValueError(f"`country`: the public holidays of {self.country!r} are not known; see its list")
        if self.subdivision is not None and self.subdivision not in COUNTRIES[self.country]:
            known = ", ".join(COUNTRIES[self.country][:100]) or "none"
            raise ValueError(f"`subdivision`: {self.country} has no {self.subdivision!r}; it has {known}")
        return self


class Calendar(BaseModel):
    """Hours in which the times of requests pass."""

    id: UUID
    name: str
    time_zone: str
    hours: dict[str, list[Span]] = Field(description="By weekday: `monday` to `sunday`.")
    country: str | None
    subdivision: str | None
    closed: list[date]
    created_at: datetime


class CalendarPage(BaseModel):
    """Calendars by name."""

    items: list[Calendar]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class Holiday(BaseModel):
    """A public holiday."""

    day: date
    name: str


class Preview(BaseModel):
    """When a time would be over."""

    begins_at: datetime
    due_at: datetime = Field(description="In UTC.")
    due_local: datetime = Field(description="In the time zone of the calendar.")
    holidays: list[Holiday] = Field(description="Public holidays in between, at most 100.")


class Country(BaseModel):
    """A country whose public holidays are known."""

    code: str
    subdivisions: list[str]


class Countries(BaseModel):
    """All of them, by code."""

    items: list[Country]


def stored(hours: Hours) -> dict[str, list[list[str]]]:
    """Hours as the table keeps them: by number of the weekday."""
    days = {str(number): getattr(hours, day) for number, day in enumerate(WEEKDAYS)}
    return {number: [[span.begins, span.ends] for span in spans] for number, spans in days.items() if spans}


def shown(hours: dict[str, list[list[str]]]) -> dict[str, list[Span]]:
    """And the other way round, with every day."""
    return {
        day: [Span(begins=begins, ends=ends) for begins, ends in hours.get(str(number), [])]
        for number, day in enumerate(WEEKDAYS)
    }
