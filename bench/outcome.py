"""What a benchmark gives back: a table, figures to compare with later runs, aims."""

from collections.abc import Awaitable, Callable
from typing import Literal

from pydantic import BaseModel, Field

Size = Literal["full", "quick", "tiny"]
Progress = Callable[[float, str], None]
"""Told how much is done, from 0 to 1, and what comes next."""


class Table(BaseModel):
    """A table as people read it."""

    head: list[str]
    rows: list[list[str]]


class Figure(BaseModel):
    """A number that the next run is compared with."""

    value: float
    unit: str
    less_is_better: bool = True


class Aim(BaseModel):
    """Something we want, and how it stands."""

    text: str
    found: str
    met: bool


class Outcome(BaseModel):
    """The result of one benchmark."""

    name: str
    title: str
    method: str = Field(description="What was done, in a few sentences.")
    tables: list[Table]
    aims: list[Aim] = []
    figures: dict[str, Figure] = {}
    notes: list[str] = []


Benchmark = Callable[[Size, Progress], Awaitable[Outcome]]


def pick(size: Size, full: int, quick: int, tiny: int) -> int:
    """A number by the size of the measurement."""
    return {"full": full, "quick": quick, "tiny": tiny}[size]
