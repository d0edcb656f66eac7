"""Tables `calendars` and `absences`: when people work."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Moment, OwnedByWorkspace, WorkspaceId


class Calendar(Base):
    """Business hours: `hours` maps a weekday (0 is Monday) to pairs of local times, `closed` lists further dates."""

    __tablename__ = "calendars"
    __table_args__ = (Index("calendars_name_key", "workspace_id", func.lower(text("name")), unique=True),)

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    time_zone: Mapped[str]
    hours: Mapped[Any] = mapped_column(JSONB)
    country: Mapped[str | None]
    """Whose public holidays are closed, such as `DE`; `subdivision` such as `BY` narrows it."""
    subdivision: Mapped[str | None]
    closed: Mapped[Any] = mapped_column(JSONB, server_default="[]")
    created_at: Mapped[CreatedAt]


class Absence(Base):
    """A member is away, and another answers in their place."""

    __tablename__ = "absences"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "user_id"], ["memberships.workspace_id", "memberships.user_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "substitute_id"], ["memberships.workspace_id", "memberships.user_id"], ondelete="CASCADE"
        ),
        CheckConstraint("starts_at < ends_at", name="absences_times_check"),
        CheckConstraint("user_id <> substitute_id", name="absences_other_check"),
        Index("absences_user_idx", "workspace_id", "user_id"),
        Index("absences_substitute_idx", "workspace_id", "substitute_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    user_id: Mapped[UUID]
    substitute_id: Mapped[UUID]
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    created_at: Mapped[CreatedAt]
