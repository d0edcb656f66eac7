"""Rows of the run log as the API shows them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from api.runs import models
from api.runs.repository import Found
from api.runs.waits.models import Wait
from api.runs.waits.service import waits_of
from db.tables import Run, Step
from schemas.errors import ErrorInfo
from schemas.messages import NodeStatus, RunStatus


async def run_summaries(session: AsyncSession, rows: Sequence[Found]) -> list[models.RunSummary]:
    """Runs without their data."""
    waits = await waits_of(session, rows)
    return [_summary(*row, waits.get(row[0].id)) for row in rows]


async def run_summary(session: AsyncSession, row: Found) -> models.RunSummary:
    """A run without its data."""
    [summary] = await run_summaries(session, [row])
    return summary


def _summary(run: Run, slug: str, version: int, waiting: Wait | None) -> models.RunSummary:
    return models.RunSummary(
        id=run.id,
        workflow=slug,
        version=version,
        status=RunStatus(run.status),
        attempt=run.attempt,
        cost_usd=float(run.cost_usd),
        tokens_in=run.tokens_in,
        tokens_out=run.tokens_out,
        steps_done=run.steps_done,
        error=None if run.error is None else ErrorInfo.model_validate(run.error),
        waiting=waiting,
        trigger=run.trigger,
        started_by=None if run.started_by is None else run.started_by["name"],
        parent_run_id=run.parent_run_id,
        parent_path=run.parent_path,
        forked_from=run.forked_from,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        updated_at=run.updated_at,
    )


def run_step(step: Step) -> models.RunStep:
    """A step."""
    return models.RunStep(
        path=step.path,
        iteration=step.iteration,
        kind=step.kind,
        name=step.name,
        status=NodeStatus(step.status),
        attempt=step.attempt,
        run_attempt=step.run_attempt,
        port=step.port,
        input=step.input,
        output=step.output,
        error=None if step.error is None else ErrorInfo.model_validate(step.error),
        cost_usd=float(step.cost_usd),
        tokens_in=step.tokens_in,
        tokens_out=step.tokens_out,
        details=step.details,
        started_at=step.started_at,
        ended_at=step.ended_at,
    )
