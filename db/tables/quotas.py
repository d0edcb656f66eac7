"""Tables `quotas`, `quota_starts`, `usage_entries`, `usage_days`: what a workspace may use, and what it has used."""

from datetime import date
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, OwnedByWorkspace
from db.tables.runs import MONEY


class Quotas(Base):
    """Limits of one workspace; an empty column is no limit, and so is no row."""

    __tablename__ = "quotas"
    __table_args__ = (
        CheckConstraint(
            "least(starts_per_minute, running_runs, tokens_per_month, cost_usd_per_month) >= 0",
            name="quotas_not_negative_check",
        ),
    )

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    starts_per_minute: Mapped[int | None]
    running_runs: Mapped[int | None]
    tokens_per_month: Mapped[int | None] = mapped_column(BigInteger)
    cost_usd_per_month: Mapped[Decimal | None] = mapped_column(MONEY)
    updated_at: Mapped[CreatedAt]


class QuotaStarts(Base):
    """Starts within one second of the last minute, where they are limited."""

    __tablename__ = "quota_starts"

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    second: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    starts: Mapped[int]


class UsageEntry(Base):
    """What one call of models took; maintenance moves it to its day."""

    __tablename__ = "usage_entries"
    __table_args__ = (Index("usage_entries_workspace_idx", "workspace_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[OwnedByWorkspace]
    at: Mapped[CreatedAt]
    tokens_in: Mapped[int] = mapped_column(BigInteger)
    tokens_out: Mapped[int] = mapped_column(BigInteger)
    cost_usd: Mapped[Decimal] = mapped_column(MONEY)


class UsageDay(Base):
    """What a workspace has spent on one day, UTC."""

    __tablename__ = "usage_days"

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    tokens_in: Mapped[int] = mapped_column(BigInteger)
    tokens_out: Mapped[int] = mapped_column(BigInteger)
    cost_usd: Mapped[Decimal] = mapped_column(MONEY)
