"""How well people keep up: computed by PostgreSQL over the requests of a span of time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import RequestError
from schemas.errors import ErrorCode

MetricsPeriod = Literal["day", "week", "month"]
LONGEST: Final = timedelta(days=366)
_DEFAULT: Final = timedelta(days=30)
_MOST_ROWS: Final = 500


class Times(BaseModel):
    """Requests and how long their decisions took."""

    asked: int
    decided: int
    expired: int
    cancelled: int
    open: int
    overdue: int = Field(description="Open past their deadline, or expired.")
    automatic: int = Field(description="Decided by rules.")
    automatic_share: float | None = Field(description="Of all decisions, from 0 to 1; null without any.")
    p50_seconds: float | None = Field(description="Half of all decisions of people took at most so long.")
    p95_seconds: float | None


class NodeTimes(Times):
    """The same of one node."""

    workflow: str | None
    path: str
    node_name: str


class PeriodTimes(Times):
    """The same of the requests that were opened in a period."""

    start: datetime


class PersonTimes(BaseModel):
    """Answers of one person."""

    person: str
    answers: int
    p50_seconds: float | None
    p95_seconds: float | None


class ApprovalMetrics(BaseModel):
    """How well people keep up with what they are asked."""

    since: datetime
    until: datetime
    total: Times
    by_node: list[NodeTimes] = Field(description="Those asked the most first.")
    by_person: list[PersonTimes] = Field(description="Those who answered the most first.")
    by_period: list[PeriodTimes] = Field(description="Periods in which something was asked, the first first.")


@dataclass(frozen=True)
class WantedMetrics:
    """Of which requests."""

    since: datetime | None
    until: datetime | None
    workflow: str | None
    purpose: str | None
    per: MetricsPeriod


_CHOSEN: Final = """
    FROM approvals a
    WHERE a.created_at >= :since AND a.created_at < :until
        AND (CAST(:workflow AS text) IS NULL OR a.workflow_slug = :workflow)
        AND (CAST(:purpose AS text) IS NULL OR a.purpose = :purpose)
"""
_BY_PEOPLE: Final = "a.status = 'decided' AND coalesce(a.decided_by_kind, '') NOT IN ('rule', '')"
_TOOK: Final = "extract(epoch FROM a.decided_at - a.created_at)::float"
_FIGURES: Final = f"""
    count(*) AS asked,
    count(*) FILTER (WHERE a.status = 'decided') AS decided,
    count(*) FILTER (WHERE a.status = 'expired') AS expired,
    count(*) FILTER (WHERE a.status = 'cancelled') AS cancelled,
    count(*) FILTER (WHERE a.status = 'pending') AS open,
    count(*) FILTER (WHERE a.status = 'expired' OR (a.status = 'pending' AND a.due_at < now())) AS overdue,
    count(*) FILTER (WHERE a.decided_by_kind = 'rule') AS automatic,
    count(*) FILTER (WHERE a.decided_by_kind = 'rule')::float
        / nullif(count(*) FILTER (WHERE a.status = 'decided'), 0) AS automatic_share,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY {_TOOK}) FILTER (WHERE {_BY_PEOPLE}) AS p50_seconds,
    percentile_cont(0.95) WITHIN GROUP (ORDER BY {_TOOK}) FILTER (WHERE {_BY_PEOPLE}) AS p95_seconds
"""
_TOTAL: Final = text(f"SELECT {_FIGURES} {_CHOSEN}")
_NODES: Final = text(
    f"SELECT a.workflow_slug AS workflow, a.path, min(a.node_name) AS node_name, {_FIGURES} {_CHOSEN} "
    "GROUP BY a.workflow_slug, a.path ORDER BY asked DESC, a.workflow_slug, a.path LIMIT :most"
)
_PERIODS: Final = text(
    f"SELECT date_trunc(:per, a.created_at, 'UTC') AS start, {_FIGURES} {_CHOSEN} GROUP BY 1 ORDER BY 1 LIMIT :most"
)
_PEOPLE: Final = text(f"""
    SELECT v.voter_name AS person, count(*) AS answers,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM v.created_at - a.created_at)::float)
            AS p50_seconds,
        percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM v.created_at - a.created_at)::float)
            AS p95_seconds
    {_CHOSEN.replace("FROM approvals a", "FROM approvals a JOIN approval_votes v ON v.approval_id = a.id")}
    GROUP BY v.voter_kind, v.voter_id, v.voter_name ORDER BY answers DESC, person LIMIT :most
""")  # noqa: S608 - made of constants


async def approval_metrics(session: AsyncSession, wanted: WantedMetrics) -> ApprovalMetrics:
    """See module.

    Raises:
        RequestError: `invalid_request` if the span is empty or longer than a year.
    """
    until = _aware(wanted.until) or datetime.now(UTC)
    since = _aware(wanted.since) or until - _DEFAULT
    if not timedelta() < until - since <= LONGEST:
        message = f"`since` must lie before `until`, by at most {LONGEST.days} days."
        raise RequestError(ErrorCode.INVALID_REQUEST, message)
    given: dict[str, Any] = {"since": since, "until": until, "workflow": wanted.workflow, "purpose": wanted.purpose}
    most = {"most": _MOST_ROWS}
    total = (await session.execute(_TOTAL, given)).one()
    nodes = await session.execute(_NODES, given | most)
    people = await session.execute(_PEOPLE, given | most)
    periods = await session.execute(_PERIODS, given | most | {"per": wanted.per})
    return ApprovalMetrics(
        since=since,
        until=until,
        total=Times(**total._mapping),
        by_node=[NodeTimes(**row._mapping) for row in nodes],
        by_person=[PersonTimes(**row._mapping) for row in people],
        by_period=[PeriodTimes(**row._mapping) for row in periods],
    )


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
