"""Queries on what runs have spent and waited for."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Executable, RowMapping, Text, and_, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.tables import Approval, Run, Step, Workflow
from schemas.messages import RunStatus

_FAILED: Final = (RunStatus.FAILED, RunStatus.TERMINATED)

_DAY: Final = cast(func.timezone("UTC", Run.created_at), Date)


@dataclass(frozen=True)
class Period:
    """Days in UTC, both included; and one workflow, if only its runs are meant."""

    workspace_id: UUID
    first: date
    last: date
    workflow_id: UUID | None

    @property
    def begins_at(self) -> datetime:
        """The first moment of the first day."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def ends_at(self) -> datetime:
        """The first moment after the last day."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)


async def runs_by_workflow_and_day(session: AsyncSession, period: Period) -> list[RowMapping]:
    """Counts and costs of runs: `workflow_id`, `day`, and fields of `Figures`."""
    query = (
        select(
            Run.workflow_id,
            _DAY.label("day"),
            func.count().label("runs"),
            func.count().filter(Run.status == RunStatus.COMPLETED).label("completed"),
            func.count().filter(Run.status.in_(_FAILED)).label("failed"),
            func.sum(Run.tokens_in).label("tokens_in"),
            func.sum(Run.tokens_out).label("tokens_out"),
            func.sum(Run.cost_usd).label("cost_usd"),
        )
        .where(*_within(period))
        .group_by(Run.workflow_id, _DAY)
    )
    return await _rows(session, query)


async def waits_by_workflow_and_day(session: AsyncSession, period: Period) -> list[RowMapping]:
    """How long people were asked: `workflow_id`, `day`, `requests`, `waited_seconds`."""
    seconds = func.extract("epoch", _settled_at() - Approval.created_at)
    query = (
        select(
            Run.workflow_id,
            _DAY.label("day"),
            func.count().label("requests"),
            func.sum(func.greatest(seconds, 0)).label("waited_seconds"),
        )
        .join(Run, and_(Run.workspace_id == Approval.workspace_id, Run.id == Approval.run_id))
        .where(*_within(period), Approval.created_at >= period.begins_at)
        .group_by(Run.workflow_id, _DAY)
    )
    return await _rows(session, query)


async def calls_by_model_and_day(session: AsyncSession, period: Period) -> list[RowMapping]:
    """What completed steps have called: `model`, `day`, `calls`, tokens and cost."""
    model = func.jsonb_extract_path_text(Step.details, "model", type_=Text)
    query = (
        select(
            model.label("model"),
            _DAY.label("day"),
            func.count().label("calls"),
            func.sum(Step.tokens_in).label("tokens_in"),
            func.sum(Step.tokens_out).label("tokens_out"),
            func.sum(Step.cost_usd).label("cost_usd"),
        )
        .join(Run, Run.id == Step.run_id)
        .where(*_within(period), Run.tokens_in + Run.tokens_out > 0, model.is_not(None))
        .group_by(model, _DAY)
    )
    return await _rows(session, query)


async def find_workflow_id(session: AsyncSession, slug: str) -> UUID | None:
    """Id of a workflow; archived ones have done something as well."""
    return await session.scalar(select(Workflow.id).where(Workflow.slug == slug))


async def workflow_names(session: AsyncSession, ids: set[UUID]) -> dict[UUID, tuple[str, str]]:
    """Slug and name by id."""
    rows = await session.execute(select(Workflow.id, Workflow.slug, Workflow.name).where(Workflow.id.in_(ids)))
    return {row.id: (row.slug, row.name) for row in rows}


async def _rows(session: AsyncSession, query: Executable) -> list[RowMapping]:
    return list((await session.execute(query)).mappings())


def _within(period: Period) -> list[ColumnElement[bool]]:
    conditions = [
        Run.workspace_id == period.workspace_id,
        Run.created_at >= period.begins_at,
        Run.created_at < period.ends_at,
    ]
    return conditions if period.workflow_id is None else [*conditions, Run.workflow_id == period.workflow_id]


def _settled_at() -> ColumnElement[Any]:
    """When a request was answered or expired; now if it is still open."""
    now = func.clock_timestamp()
    expired = func.least(func.coalesce(Approval.due_at, now), now)
    return func.coalesce(Approval.decided_at, case((Approval.status == "expired", expired), else_=now))
