"""Answers about usage over time."""

from datetime import date

from pydantic import BaseModel, Field


class Figures(BaseModel):
    """What was done, spent and waited for."""

    runs: int = Field(description="Runs that were accepted, child runs included.")
    completed: int = Field(description="How many of them have completed.")
    failed: int = Field(description="How many of them have failed or were terminated.")
    tokens_in: int
    tokens_out: int
    cost_usd: float
    waited_seconds: float = Field(description="How long requests to people have been open, all of them together.")
    requests: int = Field(description="Requests to people.")


class DayFigures(Figures):
    """Figures of the runs that were accepted on one day."""

    day: date


class WorkflowUsage(Figures):
    """What the runs of one workflow did."""

    workflow: str = Field(description="Slug of the workflow.")
    name: str
    days: list[DayFigures] = Field(description="Days on which it ran.")


class ModelFigures(BaseModel):
    """What calls of a model came to."""

    calls: int = Field(description="Steps that have called it and completed.")
    tokens_in: int
    tokens_out: int
    cost_usd: float


class ModelDayFigures(ModelFigures):
    """What the calls by runs of one day came to."""

    day: date


class ModelUsage(ModelFigures):
    """What one model was used for."""

    model: str | None = Field(description="Null: what no completed step accounts for, such as failed attempts.")
    days: list[ModelDayFigures] = Field(description="Days on which it was called.")


class UsageReport(BaseModel):
    """What a workspace did in some days. Everything counts on the day, in UTC, on which its run was accepted."""

    first: date
    last: date
    totals: Figures
    days: list[DayFigures] = Field(description="Every day of the report, also those on which nothing ran.")
    workflows: list[WorkflowUsage] = Field(description="The dearest first, then those with the most runs.")
    models: list[ModelUsage] = Field(description="The dearest first.")
