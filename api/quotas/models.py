"""Requests and answers about quotas."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MAX_COUNT = 2**31 - 1
MAX_TOKENS = 2**53 - 1
"""The largest integer that every JSON parser reads exactly."""
MAX_COST_USD = 100_000_000


class QuotaName(StrEnum):
    """Everything that can be limited."""

    STARTS_PER_MINUTE = "starts_per_minute"
    RUNNING_RUNS = "running_runs"
    TOKENS_PER_MONTH = "tokens_per_month"
    COST_USD_PER_MONTH = "cost_usd_per_month"


Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
Tokens = Annotated[int, Field(ge=0, le=MAX_TOKENS)]
Money = Annotated[float, Field(ge=0, le=MAX_COST_USD, allow_inf_nan=False)]


class ChangeQuotas(BaseModel):
    """Body of a change; a field that is left out stays as it is, null is no limit."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"running_runs": 50}]})

    starts_per_minute: Count | None = Field(
        default=None, description="Starts, forks and retries within any 60 seconds. Child runs belong to their parent."
    )
    running_runs: Count | None = Field(default=None, description="Runs that have not ended, waiting ones included.")
    tokens_per_month: Tokens | None = Field(default=None, description="Tokens in and out in a calendar month, UTC.")
    cost_usd_per_month: Money | None = Field(default=None, description="US dollars in a calendar month, UTC.")


class Quotas(BaseModel):
    """Limits of the workspace; null is no limit."""

    starts_per_minute: int | None
    running_runs: int | None
    tokens_per_month: int | None
    cost_usd_per_month: float | None
    updated_at: datetime | None = Field(description="Null if no limit was ever set.")


class QuotaUse(BaseModel):
    """One quota and what of it is used."""

    quota: QuotaName
    limit: float | None = Field(description="Null: no limit.")
    used: float
    remaining: float | None = Field(description="Null: no limit.")
    resets_at: datetime | None = Field(
        description="When what is used begins to be free again; null if only ends of runs free it."
    )


class DayUse(BaseModel):
    """What was used on one day."""

    day: date
    tokens_in: int
    tokens_out: int
    cost_usd: float


class Usage(BaseModel):
    """What the workspace uses."""

    month: str = Field(description="The calendar month, UTC.", examples=["2026-03"])
    tokens_in: int
    tokens_out: int
    cost_usd: float
    quotas: list[QuotaUse]
    days: list[DayUse] = Field(description="Days of this month on which models were called.")
