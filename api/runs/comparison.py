"""Compares two runs: their inputs and results, and node by node where they went different ways."""

from collections.abc import Mapping
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import not_found
from api.requests import bad_cursor, decode_cursor, encode_cursor
from api.runs import repository
from api.runs.comparison_rows import POSITION, SHOWN_BYTES, ComparedSteps, Position
from api.runs.kinship import find_kinship
from api.runs.models import RunSummary
from api.runs.repository import Found
from api.runs.views import run_summaries
from db.json_text import to_json
from db.patience import within
from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus

PATIENCE: Final = 10.0
"""Seconds that a statement of a comparison may take."""

_BEFORE_ALL: Final[Position] = (0, 0, 0, "", 0)

Difference = Literal["same", "changed", "only_in_run", "only_in_other", "kept", "given"]


class StepSide(BaseModel):
    """A step as one of the runs has it."""

    status: NodeStatus
    attempt: int
    port: str | None
    output: Any = Field(description="Null if it is larger than 16 KiB; see `output_bytes` and the steps of the run.")
    output_bytes: int | None = Field(description="Bytes in which the output is stored.")
    error: ErrorInfo | None
    cost_usd: float
    seconds: float | None = Field(description="From its first start to its end.")


class StepDifference(BaseModel):
    """One node in one iteration, in both runs."""

    path: str
    iteration: int
    kind: str
    name: str
    difference: Difference = Field(
        description="`kept`: a fork went on from it without running it again; `given`: the fork was given its output."
    )
    fields: list[str] = Field(description="What differs: `status`, `port`, `input`, `output`, `error`.")
    run: StepSide | None = Field(description="Null if it has no such step.")
    other: StepSide | None = Field(description="Null if it has no such step.")


class Divergence(BaseModel):
    """Where the runs first went different ways."""

    path: str
    iteration: int
    sentence: str = Field(description="What happened there, for a person.")


class ValueDifference(BaseModel):
    """Input or output of both runs."""

    same: bool
    run: Any = Field(description="Null if it is larger than 16 KiB.")
    other: Any = Field(description="Null if it is larger than 16 KiB.")


class RunDifference(BaseModel):
    """Two runs side by side. Steps stand in the order in which they depend on each other."""

    run: RunSummary
    other: RunSummary
    same_version: bool
    input: ValueDifference
    output: ValueDifference
    seconds: tuple[float | None, float | None] = Field(description="How long `run` and `other` took; null until ended.")
    counts: dict[Difference, int] = Field(description="Steps by difference.")
    complete: bool = Field(description="Whether all steps were compared, not only the first 10,000 of each run.")
    first_divergence: Divergence | None
    steps: list[StepDifference]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


async def compare_runs(
    session: AsyncSession, run_id: UUID, other_id: UUID, *, whole: bool, cursor: str | None, limit: int
) -> RunDifference:
    """Two runs side by side.

    Args:
        session: A session of the workspace.
        run_id: One run.
        other_id: The other one, such as the one that it was forked from.
        whole: Whether steps are shown that are the same in both.
        cursor: Where the page begins.
        limit: Steps to show at most.

    Raises:
        RequestError: `not_found`.
        PerdureError: `invalid_request` if their values are too large to be compared.
    """
    run, other = await _require(session, run_id), await _require(session, other_id)
    after = _BEFORE_ALL if cursor is None else _position(cursor)
    steps = ComparedSteps(session, run_id, other_id, await find_kinship(session, run[0], other[0]))
    async with within(session, PATIENCE, "The runs hold too much data to be compared as a whole; read their steps."):
        rows = await steps.page(after, limit + 1, whole=whole)
        counts, first = await steps.counts(), await steps.first()
        complete = await steps.complete()
    one, two = await run_summaries(session, [run, other])
    last = rows[limit - 1] if len(rows) > limit else None
    return RunDifference(
        run=one,
        other=two,
        same_version=run[0].version_id == other[0].version_id,
        input=_values(run[0].input, other[0].input),
        output=_values(run[0].output, other[0].output),
        seconds=(_seconds(run), _seconds(other)),
        counts=counts,
        complete=complete,
        first_divergence=None if first is None else _divergence(_step(first)),
        steps=[_step(row) for row in rows[:limit]],
        next_cursor=None if last is None else encode_cursor(*(str(last[part]) for part in POSITION)),
    )


async def _require(session: AsyncSession, run_id: UUID) -> Found:
    found = await repository.find_run(session, run_id)
    if found is None:
        raise not_found("run", run_id)
    return found


def _position(cursor: str) -> Position:
    part, since, place, path, iteration = decode_cursor(cursor, len(POSITION))
    try:
        position = int(part), int(since), int(place), path, int(iteration)
    except ValueError:
        raise bad_cursor() from None
    small = (position[0], position[2], position[4])
    if abs(position[1]) >= 2**63 or not all(0 <= number < 2**31 for number in small):
        raise bad_cursor()
    return position


def _values(run: Any, other: Any) -> ValueDifference:
    return ValueDifference(same=run == other, run=_small(run), other=_small(other))


def _small(value: Any) -> Any:
    return value if len(to_json(value)) <= SHOWN_BYTES else None


def _seconds(found: Found) -> float | None:
    run = found[0]
    return None if run.ended_at is None else (run.ended_at - (run.started_at or run.created_at)).total_seconds()


def _step(row: Mapping[Any, Any]) -> StepDifference:
    return StepDifference.model_validate({field: row[field] for field in StepDifference.model_fields})


def _divergence(step: StepDifference) -> Divergence:
    return Divergence(path=step.path, iteration=step.iteration, sentence=_sentence(step))


def _sentence(step: StepDifference) -> str:
    who = f"{step.name} ({step.path})" if step.name != step.path else step.path
    if step.difference == "given":
        return f"The output of {who} was given to the fork."
    if step.run is None:
        return f"Only the other run came to {who}."
    if step.other is None:
        return f"Only this run came to {who}."
    if step.run.status != step.other.status:
        return f"{who} is {step.run.status} here, and {step.other.status} in the other run."
    if step.run.port != step.other.port:
        return f"{who} left through `{step.run.port}` here, and through `{step.other.port}` in the other run."
    return f"{who} has another {' and another '.join(step.fields)}."
