"""Bodies and answers about schedules."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from api.runs.models import Slug
from schemas.document import Duration
from schemas.errors import ErrorInfo
from schemas.schedules import Overlap, ScheduleTimes

Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScheduleContent(_Body):
    """What a schedule says."""

    name: Name
    version: Version | None = Field(default=None, description="Version; the newest at each start by default.")
    input: Any = Field(
        default_factory=dict,
        description="Input of each run; in strings `{{ schedule.at }}`, `{{ schedule.name }}` and `{{ schedule.id }}` "
        "are filled in.",
    )
    times: ScheduleTimes
    overlap: Overlap = Field(default=Overlap.SKIP, description="What to do while a run that it has started goes on.")
    catch_up: Duration = Field(
        default=3_600.0,
        ge=60,
        le=365 * 86_400.0,
        description="A time that was missed because Temporal was away is made up for if it is no older than this.",
    )


class CreateSchedule(ScheduleContent):
    """Body of a new schedule."""

    workflow: Slug = Field(description="Slug of the workflow.")
    paused: bool = Field(default=False, description="Whether it begins paused.")
    reason: str | None = Field(default=None, max_length=500, description="Why it is paused.")


class PauseSchedule(_Body):
    """Body of a pause."""

    reason: str | None = Field(default=None, max_length=500, description="Why; shown with the schedule.")


class Backfill(_Body):
    """Body of making up for past times."""

    starts_at: AwareDatetime = Field(description="Times from here on …")
    ends_at: AwareDatetime = Field(description="… up to here.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at < self.starts_at:
            raise ValueError("`ends_at` must not be before `starts_at`")
        return self


class PreviewTimes(_Body):
    """Body of a look at the times that a schedule would have."""

    times: ScheduleTimes
    starts_at: AwareDatetime | None = Field(default=None, description="From when on; now by default.")
    ends_at: AwareDatetime | None = Field(default=None, description="Until when.")
    limit: int = Field(default=10, ge=1, le=500)


class TimeList(BaseModel):
    """Times, the earliest first, without jitter."""

    items: list[datetime]


class Schedule(BaseModel):
    """A schedule."""

    id: UUID
    workflow: str = Field(description="Slug of the workflow.")
    name: str
    version: int | None
    input: Any
    times: ScheduleTimes
    overlap: Overlap
    catch_up: float = Field(description="Seconds.")
    paused: bool
    pause_reason: str | None
    state: Literal["waiting", "active", "refused"] = Field(
        description="`waiting`: a change is on its way to Temporal; `refused`: see `problem`."
    )
    problem: str | None
    next_times: list[datetime] = Field(description="The next ten, without jitter; none while it is paused.")
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


class SchedulePage(BaseModel):
    """Schedules, the newest first."""

    items: list[Schedule]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class ScheduleStart(BaseModel):
    """One time at which a schedule acted."""

    scheduled_at: datetime = Field(description="The time that was meant; with jitter the later moment.")
    status: Literal["started", "failed"]
    run_id: UUID | None
    run_status: str | None = Field(description="How the run stands now.")
    error: ErrorInfo | None = Field(description="Why no run was started.")
    created_at: datetime


class ScheduleStartPage(BaseModel):
    """Starts, the latest time first."""

    items: list[ScheduleStart]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class CalendarEntry(BaseModel):
    """One time at which a schedule acted, or will."""

    schedule_id: UUID
    at: datetime
    status: Literal["coming", "started", "failed"]
    run_id: UUID | None
    run_status: str | None = Field(description="How the run stands now.")
    problem: str | None = Field(description="Why no run was started.")


class CalendarSchedule(BaseModel):
    """A schedule of which the calendar tells."""

    id: UUID
    name: str
    workflow: str = Field(description="Slug of the workflow.")
    paused: bool
    frequent: bool = Field(description="It has more times than fit here: the first of them, and the latest starts.")


class ScheduleCalendar(BaseModel):
    """What schedules have done and will do in a span of time, in the order of the times."""

    schedules: list[CalendarSchedule]
    items: list[CalendarEntry]


class ScheduleBackfill(BaseModel):
    """Past times that are made up for."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    times: int = Field(description="How many there are.")
    requested_by: str
    created_at: datetime
