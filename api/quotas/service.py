"""Reading and changing quotas; holding to them is the database's business (sql/v0007/2_admission.sql)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from api.quotas import models, repository
from api.quotas.models import QuotaName
from db import audit, tables
from db.audit import Actor


async def get_quotas(session: AsyncSession, workspace_id: UUID) -> models.Quotas:
    """The limits of a workspace."""
    return _described(await repository.find_quotas(session, workspace_id))


async def change_quotas(session: AsyncSession, actor: Actor, changes: models.ChangeQuotas) -> models.Quotas:
    """Set the limits that `changes` names, and leave the others."""
    quotas = await repository.lock_quotas(session, actor.workspace_id)
    before = _limits(_described(quotas))
    await repository.change_quotas(session, quotas, changes.model_dump(exclude_unset=True))
    described = _described(quotas)
    if (after := _limits(described)) != before:
        audit.record(session, actor, "quotas.changed", ("workspace", actor.workspace_id), before=before, after=after)
    return described


async def get_usage(session: AsyncSession, workspace_id: UUID) -> models.Usage:
    """What a workspace uses, beside its limits."""
    now = datetime.now(UTC)
    month = now.date().replace(day=1)
    quotas = _described(await repository.find_quotas(session, workspace_id))
    days = await repository.spent_since(session, workspace_id, month)
    tokens_in, tokens_out = sum(day.tokens_in for day in days), sum(day.tokens_out for day in days)
    cost = float(sum(day.cost_usd for day in days))
    starts, forgotten_at = await _starts(session, workspace_id, quotas)
    running = await repository.count_unfinished(session, workspace_id)
    return models.Usage(
        month=f"{month:%Y-%m}",
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        cost_usd=cost,
        quotas=[
            _use(quotas, QuotaName.STARTS_PER_MINUTE, starts, forgotten_at),
            _use(quotas, QuotaName.RUNNING_RUNS, running, None),
            _use(quotas, QuotaName.TOKENS_PER_MONTH, tokens_in + tokens_out, _next_month(month)),
            _use(quotas, QuotaName.COST_USD_PER_MONTH, cost, _next_month(month)),
        ],
        days=[_day(day) for day in days],
    )


async def _starts(session: AsyncSession, workspace_id: UUID, quotas: models.Quotas) -> tuple[int, datetime | None]:
    if quotas.starts_per_minute is None:
        return await repository.recent_starts(session, workspace_id), None
    return await repository.counted_starts(session, workspace_id)


def _use(quotas: models.Quotas, name: QuotaName, used: float, resets_at: datetime | None) -> models.QuotaUse:
    limit = getattr(quotas, name)
    return models.QuotaUse(
        quota=name,
        limit=limit,
        used=used,
        remaining=None if limit is None else max(0.0, limit - used),
        resets_at=resets_at,
    )


def _day(spent: repository.Spent) -> models.DayUse:
    return models.DayUse(
        day=spent.day, tokens_in=spent.tokens_in, tokens_out=spent.tokens_out, cost_usd=float(spent.cost_usd)
    )


def _described(row: tables.Quotas | None) -> models.Quotas:
    cost = None if row is None or row.cost_usd_per_month is None else float(row.cost_usd_per_month)
    return models.Quotas(
        starts_per_minute=row and row.starts_per_minute,
        running_runs=row and row.running_runs,
        tokens_per_month=row and row.tokens_per_month,
        cost_usd_per_month=cost,
        updated_at=row and row.updated_at,
    )


def _limits(quotas: models.Quotas) -> dict[str, Any]:
    return quotas.model_dump(mode="json", exclude={"updated_at"})


def _next_month(month: date) -> datetime:
    later = (month + timedelta(days=32)).replace(day=1)
    return datetime(later.year, later.month, 1, tzinfo=UTC)
