"""Which runs are meant: the filter of the list, of a bulk operation, and of whatever else chooses runs."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from api.runs.models import Slug
from schemas.agent_documents import WorkflowType
from schemas.messages import RunStatus


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("This point in time cannot be written in UTC.") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Usd = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]


class RunFilter(BaseModel):
    """All conditions must hold; a condition that is left out lets every run pass."""

    model_config = ConfigDict(extra="forbid")

    status: list[RunStatus] = Field(default_factory=list, max_length=10, description="Only these; repeatable.")
    workflow: Slug | None = Field(default=None, description="Only runs of this workflow (slug).")
    version: int | None = Field(
        default=None, ge=1, le=2**31 - 1, description="Only runs of this version of `workflow` or `agent`."
    )
    agent: Slug | None = Field(default=None, description="Only runs of this agent (slug).")
    type: WorkflowType | None = Field(default=None, description="Only runs of workflows, or only those of agents.")
    trigger: list[Annotated[str, Field(min_length=1, max_length=50)]] = Field(
        default_factory=list, max_length=10, description="Only runs that were started by these; repeatable."
    )
    started_by: str | None = Field(
        default=None, min_length=1, max_length=320, description="Only runs that were started by this user or key."
    )
    created_after: Moment | None = Field(default=None, description="Only runs accepted at this time or later.")
    created_before: Moment | None = Field(default=None, description="Only runs accepted before this time.")
    cost_min: Usd | None = Field(default=None, description="Only runs that have cost so many US dollars or more.")
    cost_max: Usd | None = Field(default=None, description="Only runs that have cost so many US dollars or less.")
    input_contains: str | None = Field(
        default=None,
        min_length=2,
        max_length=200,
        description="Only runs with this text anywhere in their input, in a name or a value; case does not matter.",
    )
    parent: UUID | None = Field(default=None, description="Only child runs of this run.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.version is not None and self.workflow is None and self.agent is None:
            raise ValueError("`version` counts within a workflow; name it with `workflow`.")
        if self.agent is not None and self.workflow is not None:
            raise ValueError("Name a workflow or an agent, not both.")
        return self


class ListRuns(RunFilter):
    """Query of the list."""

    limit: int = Field(default=50, ge=1, le=200, description="Size of a page.")
    cursor: str | None = Field(default=None, max_length=2_000, description="`next_cursor` of the page before.")
