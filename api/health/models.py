"""Answers about health."""

from typing import Literal

from pydantic import BaseModel, Field


class Health(BaseModel):
    """The process lives."""

    status: Literal["ok"]


class Readiness(BaseModel):
    """Whether requests and runs get through."""

    ready: bool
    missing: dict[str, str] = Field(description="What is missing, by subject: database, temporal, workers.")
