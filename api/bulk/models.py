"""Requests and answers about bulk operations."""

from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from api.runs.filters import RunFilter
from schemas.bulk import BulkOperation, BulkOutcome, BulkStatus
from schemas.messages import RunStatus

MAX_RUNS: Final = 100_000
"""Runs that one operation may be about."""

MAX_IDS: Final = 10_000


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class BulkFork(_Body):
    """What forks change; the same for every run."""

    node: str = Field(min_length=1, max_length=64, description="Root node from which everything is run anew.")
    outputs: dict[str, Any] = Field(
        default_factory=dict, max_length=1_000, description="Outputs to put in place, by root node id."
    )


class PreviewBulk(_Body):
    """Which operation on which runs: those of a filter, or those with these ids."""

    operation: BulkOperation = Field(description="What is done to each run.")
    filter: RunFilter | None = Field(default=None, description="The same conditions as in the list of runs.")
    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MAX_IDS, description="Ids of runs.")
    reason: str | None = Field(default=None, max_length=2_000, description="Why; kept with every run.")
    fork: BulkFork | None = Field(default=None, description="Needed to fork, and only then.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.filter is None) == (self.ids is None):
            raise ValueError("Give either `filter` or `ids`.")
        if self.filter is not None and not self.filter.model_dump(exclude_defaults=True):
            raise ValueError("`filter` names no condition; to mean all runs, say so with `created_before`.")
        if (self.operation is BulkOperation.FORK) != (self.fork is not None):
            raise ValueError("`fork` says from which node to fork; give it with the operation `fork`, and only then.")
        return self


class BulkEffect(BaseModel):
    """What the operation means for the runs of one status."""

    status: RunStatus
    runs: int
    cost_usd: float = Field(description="What they have cost so far.")
    affected: bool = Field(description="Whether the operation is carried out on them.")
    why: str | None = Field(description="Why not.")


class BulkPreview(BaseModel):
    """What an operation would do. It fixes the runs: starting it is about these and no others."""

    token: UUID = Field(description="Starts this operation on these runs; see `expires_at`.")
    operation: BulkOperation
    matched: int = Field(description="Runs that the filter or the ids mean.")
    affected: int = Field(description="Runs on which the operation is carried out.")
    skipped: int = Field(description="Runs to which it does not apply; `effects` says why.")
    unknown: list[UUID] = Field(description="Ids of which there is no run.")
    effects: list[BulkEffect]
    spent_usd: float = Field(description="What the affected runs have cost so far.")
    lost_usd: float = Field(description="How much of it was spent on runs that will not be finished.")
    expected_usd: float | None = Field(
        description="What the operation will cost, if these runs cost what completed ones of their versions did; null "
        "if none was completed."
    )
    open_approvals: int = Field(description="Requests to people that are withdrawn.")
    child_runs: int = Field(description="Unfinished runs directly below them, which share their fate.")
    at: datetime = Field(description="When the runs were chosen.")
    expires_at: datetime = Field(description="Until when it can be started.")


class StartBulk(_Body):
    """Starts what was previewed."""

    token: UUID = Field(description="From the preview. Sent again it has no further effect and the same answer.")
    per_minute: Annotated[int, Field(ge=1, le=60_000)] | None = Field(
        default=None, description="How many runs may be handled within a minute; as fast as it goes by default."
    )


class BulkJob(BaseModel):
    """An operation on many runs, and how far it is."""

    id: UUID
    operation: BulkOperation
    status: BulkStatus = Field(description="`pending`: about to start; `stopping`: it ends after the run at hand.")
    total: int = Field(description="Runs it is about.")
    done: int
    skipped: int = Field(description="Runs to which the operation did not apply any more.")
    failed: int
    remaining: int
    note: str | None = Field(description="Why it pauses, such as a quota that is used up.")
    reason: str | None
    fork: BulkFork | None
    filter: dict[str, Any] = Field(description="Which runs were meant.")
    per_minute: int | None
    started_by: str
    accepted_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime


class BulkJobPage(BaseModel):
    """Bulk jobs, the newest first."""

    items: list[BulkJob]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class BulkItem(BaseModel):
    """What became of one run."""

    run_id: UUID
    outcome: BulkOutcome | None = Field(description="Null until it is its turn.")
    reason: str | None = Field(description="Why it was skipped or failed.")
    new_run_id: UUID | None = Field(description="The fork.")
    settled_at: datetime | None


class BulkItemPage(BaseModel):
    """Runs of a job in the order in which they are handled."""

    items: list[BulkItem]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")
